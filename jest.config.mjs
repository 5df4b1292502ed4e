export default {
  testMatch: ['<rootDir>/{libs,services,stack,web,examples,bench,operations,scripts}/**/*.test.ts'],
  modulePathIgnorePatterns: ['<rootDir>/libs/client/dist', '<rootDir>/web/dist'],
  extensionsToTreatAsEsm: ['.ts'],
  transform: { '\\.ts$': '<rootDir>/scripts/strip-types.mjs' },
  testEnvironment: 'node',
  // For a slow machine that others use, too.
  testTimeout: 120_000,
  maxWorkers: 2,
  // A test that fails half-way may leave a socket open: the run still ends.
  forceExit: true,
  globalSetup: '<rootDir>/libs/testing/setup.ts',
  globalTeardown: '<rootDir>/libs/testing/teardown.ts',
  reporters: ['default', '<rootDir>/scripts/count.mjs'],
}
