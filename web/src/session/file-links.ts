/** Addresses of files that last as long as the page: the gateway sends whoever may see one to where it is. */
export class FileLinks {
  private token = ''
  /** A picture that is shown keeps its address, or it would be fetched again with every new token. */
  private readonly given = new Map<string, string>()

  keep(token: string): string {
    this.token = token
    return token
  }

  of(path: string, kind: '' | 'thumbnail' | 'download' = ''): string {
    const key = `${kind} ${path}`
    const known = this.given.get(key)
    if (known !== undefined) return known
    const address = this.fresh(path, kind)
    if (this.token !== '' && kind !== 'download') this.given.set(key, address)
    return address
  }

  /** One that did not open: its token may be too old. @returns the next address, or null where that one is it already */
  renew(path: string, kind: '' | 'thumbnail' = ''): string | null {
    const address = this.fresh(path, kind)
    const key = `${kind} ${path}`
    if (this.given.get(key) === address) return null
    this.given.set(key, address)
    return address
  }

  private fresh(path: string, kind: string): string {
    const query = new URLSearchParams({ token: this.token, ...(kind !== '' && { [kind]: '1' }) })
    return `/files/${path.split('/').map(encodeURIComponent).join('/')}?${query}`
  }
}
