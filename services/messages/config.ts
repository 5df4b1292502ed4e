import { type ConfigReader, readMongo, readProcess, readS3 } from '@chat/service'

export type MessagesConfig = ReturnType<typeof readConfig>

export const readConfig = (read: ConfigReader) => ({
  ...readProcess(read),
  ...readMongo(read),
  ...readS3(read),
  /** What happens to a message that contains a banned word. */
  bannedWordsMode: read.choice('CHAT_BANNED_WORDS_MODE', ['refuse', 'mask']),
  mail: readMail(read),
})

/** Null where no mail is sent. A mail server accepts no mail without a sender. */
function readMail(read: ConfigReader): { url: string; from: string } | null {
  const url = read.url('CHAT_SMTP_URL', ['smtp', 'smtps'])
  const from = read.text('CHAT_MAIL_FROM')
  if (url === null) return null
  const isSender = from !== null && /^[^\p{Cc}]*[^\s@<>]+@[^\s@<>]+>?$/u.test(from)
  return isSender
    ? { url, from }
    : read.wrong('CHAT_MAIL_FROM', 'must be the sender of mails, an address', null)
}
