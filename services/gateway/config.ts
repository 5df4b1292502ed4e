import { type ConfigReader, readAuth, readEdge, readProcess, readS3Urls } from '@chat/service'
import { parseFcmWeb } from './demo/fcm-web.ts'

export type GatewayConfig = ReturnType<typeof readConfig>

export function readConfig(read: ConfigReader) {
  const config = {
    ...readProcess(read),
    ...readEdge(read),
    gatewayPort: read.port('CHAT_GATEWAY_PORT', 3000),
    auth: readAuth(read),
    allowedOrigins: read.list('CHAT_ALLOWED_ORIGINS', read.isDevelopment ? ['*'] : []),
    /** The page at `/` with its sign-in, which is off where others sign the tokens. */
    demo: read.toggle('CHAT_DEMO', read.isDevelopment && !read.text('CHAT_JWKS_URL')),
    /** Null where pushes reach a browser only while the demo page is open in it. */
    fcmWeb: read.document('CHAT_FCM_WEB', parseFcmWeb),
    s3: readS3Urls(read),
  }
  const { auth, demo, s3 } = config
  if (demo && !auth.secret && auth.jwksUrl)
    read.wrong('CHAT_DEMO', 'needs CHAT_JWT_SECRET: its sign-in hands out tokens', null)
  if (demo && read.needsEngines && !s3.publicUrl && !s3.url)
    read.wrong(
      'CHAT_S3_PUBLIC_URL',
      'must be set where CHAT_DEMO is on: the page shows files from there',
      null,
    )
  return config
}
