/** Whether a NATS pattern covers a subject, which may have wildcards itself. */
export function covers(pattern: string, subject: string): boolean {
  const wanted = pattern.split('.')
  const tokens = subject.split('.')
  const isOpen = wanted.at(-1) === '>'
  if (isOpen ? tokens.length < wanted.length : tokens.length !== wanted.length) return false
  return wanted.every((token, index) => {
    const own = tokens[index]
    return token === '>' || (own !== '>' && token === '*') || token === own
  })
}
