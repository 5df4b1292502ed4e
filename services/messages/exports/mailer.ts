import { createTransport, type Transporter } from 'nodemailer'

export type Mail = {
  /** One address, and nothing else. */
  to: string
  subject: string
  text: string
  /** The same for the same mail: one that is sent again is known by it. */
  id: string
}

const TIMES = { connectionTimeout: 10_000, greetingTimeout: 10_000, socketTimeout: 20_000 }

/** The server that takes our mail. */
export class Mailer {
  private readonly transport: Transporter
  private readonly from: string

  /** @param url smtp(s)://user:password@host:port */
  constructor({ url, from }: { url: string; from: string }) {
    this.transport = createTransport({ url, ...TIMES, disableFileAccess: true, disableUrlAccess: true })
    this.from = from
  }

  /** Resolves when the server has taken it. @throws what it answered */
  async send({ to, subject, text, id }: Mail): Promise<void> {
    const host = this.from.match(/@([^\s@<>]+)>?$/)?.[1] ?? 'localhost'
    await this.transport.sendMail({
      from: this.from,
      // As an object it is no list of addresses, whatever is in it.
      to: { name: '', address: to },
      subject,
      text,
      messageId: `<${id}@${host}>`,
      headers: { 'Auto-Submitted': 'auto-generated' },
    })
  }

  close() {
    this.transport.close()
  }
}

/** What the server says here is about this mail; before that it is about who we are to it, which an operator may mend. */
const ABOUT_THE_MAIL = new Set(['RCPT TO', 'DATA'])

/** The server has refused it for good: asked again it would say the same (RFC 5321, 4.2.1). */
export const isRefused = (error: unknown) => {
  const { responseCode, command } = error as { responseCode?: unknown; command?: unknown }
  const isForGood = typeof responseCode === 'number' && responseCode >= 500 && responseCode < 600
  return isForGood && ABOUT_THE_MAIL.has(String(command))
}
