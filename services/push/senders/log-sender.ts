import type { Logger } from '@chat/service'
import type { Sender } from './sender.ts'

/** Without a push service, pushes go to the log. What people write is logged at `debug` only. */
export const openLogSender = (logger: Logger): Sender => ({
  send: async (pushes) =>
    pushes.map(({ token, platform, content }) => {
      const { kind, badge } = content
      const place = content.kind === 'message' && { roomId: content.roomId, messageId: content.messageId }
      logger.info(
        { platform, device: token.slice(-8), kind, badge, ...place },
        'push, not sent: no credentials',
      )
      logger.debug({ content }, 'what the push says')
      return { result: 'sent' }
    }),
  close: async () => {},
})
