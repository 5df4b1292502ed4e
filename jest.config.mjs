export default {
  testMatch: ['<rootDir>/{libs,services,bench,scripts}/**/*.test.ts'],
  extensionsToTreatAsEsm: ['.ts'],
  transform: { '\\.ts$': '<rootDir>/scripts/strip-types.mjs' },
  testEnvironment: 'node',
  testTimeout: 30_000,
  maxWorkers: 2,
  globalSetup: '<rootDir>/libs/testing/setup.ts',
  globalTeardown: '<rootDir>/libs/testing/teardown.ts',
  reporters: ['default', '<rootDir>/scripts/count.mjs'],
}
