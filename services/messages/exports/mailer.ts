import { createTransport, type Transporter } from 'nodemailer'

const TIMEOUTS = { connectionTimeout: 10_000, greetingTimeout: 10_000, socketTimeout: 20_000 }

export class Mailer {
  private readonly transport: Transporter
  private readonly from: string

  /** @param url smtp(s)://user:password@host:port */
  constructor({ url, from }: { url: string; from: string }) {
    this.transport = createTransport({ url, ...TIMEOUTS, disableFileAccess: true, disableUrlAccess: true })
    this.from = from
  }

  /**
   * Resolves when the server has accepted the mail, to one address. @throws the server's refusal
   * @param id becomes the Message-ID, by which a repeated mail is recognized
   */
  async send({ to, subject, text, id }: Record<'to' | 'subject' | 'text' | 'id', string>): Promise<void> {
    const host = this.from.match(/@([^\s@<>]+)>?$/)?.[1] ?? 'localhost'
    await this.transport.sendMail({
      from: this.from,
      // An object is never parsed as a list of addresses.
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

/** A refusal of these commands is about the mail. Earlier ones are about our sign-in, which an operator may correct. */
const MAIL_COMMANDS = ['RCPT TO', 'DATA']

/** Whether the server has refused the mail for good (RFC 5321, 4.2.1). */
export function isRefused(error: unknown): boolean {
  const { responseCode, command } = error as { responseCode?: unknown; command?: unknown }
  const isPermanent = typeof responseCode === 'number' && responseCode >= 500 && responseCode < 600
  return isPermanent && MAIL_COMMANDS.includes(String(command))
}
