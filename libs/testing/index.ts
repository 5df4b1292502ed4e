export { eventually } from './eventually.ts'
export { connectAs, connectPlain, PlainClient } from './plain-client.ts'
export { startTestStack, type TestStack, testApiKey, testSecret } from './stack.ts'
export { mintToken } from './tokens.ts'
