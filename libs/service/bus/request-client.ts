import {
  ClosedConnectionError,
  type Msg,
  type MsgHdrs,
  type NatsConnection,
  NoRespondersError,
  TimeoutError,
} from '@nats-io/transport-node'

export type RequestOptions = { timeoutMs: number; headers?: MsgHdrs | undefined }
type Waiting = PromiseWithResolvers<Msg> & { subject: string; timer: NodeJS.Timeout }

const NO_RESPONDERS = 503

/**
 * Requests whose answers come over one subscription. The client's own `request` builds an error with a stack for every
 * answer, which cost a twentieth of a message's CPU.
 */
export class RequestClient {
  private readonly connection: NatsConnection
  private readonly inbox: string
  private readonly waiting = new Map<string, Waiting>()
  private made = 0

  /** @param inbox a subject that only this connection listens on */
  constructor(connection: NatsConnection, inbox: string) {
    this.connection = connection
    this.inbox = `${inbox}.`
    connection.subscribe(`${this.inbox}*`, {
      callback: (error, answer) => (error ? this.rejectAll(error) : this.take(answer)),
    })
    void connection.closed().then((error) => this.rejectAll(error || new ClosedConnectionError()))
  }

  /** @throws NoRespondersError, TimeoutError, ClosedConnectionError */
  async send(
    subject: string,
    data: Uint8Array | string,
    { timeoutMs, headers }: RequestOptions,
  ): Promise<Msg> {
    this.made += 1
    const token = this.made.toString(36)
    this.connection.publish(subject, data, { reply: this.inbox + token, ...(headers && { headers }) })
    const timer = setTimeout(() => this.end(token)?.reject(new TimeoutError()), timeoutMs)
    const waiting = { subject, timer, ...Promise.withResolvers<Msg>() }
    this.waiting.set(token, waiting)
    return waiting.promise
  }

  private take(answer: Msg) {
    const waiting = this.end(answer.subject.slice(this.inbox.length))
    const isRefusal = answer.data.length === 0 && answer.headers?.code === NO_RESPONDERS
    if (isRefusal) waiting?.reject(new NoRespondersError(waiting.subject))
    else waiting?.resolve(answer)
  }

  /** Nothing for a request that has ended before. */
  private end(token: string): Waiting | undefined {
    const waiting = this.waiting.get(token)
    this.waiting.delete(token)
    clearTimeout(waiting?.timer)
    return waiting
  }

  private rejectAll(error: Error) {
    for (const token of this.waiting.keys()) this.end(token)?.reject(error)
  }
}
