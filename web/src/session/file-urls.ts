/** URLs of files at the gateway, which checks the token and redirects to the store. */
export class FileUrls {
  private token = ''
  /** A shown picture keeps its URL, or every new token would fetch it again. */
  private readonly urls = new Map<string, string>()

  setToken(token: string): string {
    this.token = token
    return token
  }

  of(path: string, kind: '' | 'thumbnail' | 'download' = ''): string {
    const key = `${kind} ${path}`
    const known = this.urls.get(key)
    if (known !== undefined) return known
    const url = this.newUrl(path, kind)
    if (this.token !== '' && kind !== 'download') this.urls.set(key, url)
    return url
  }

  /** For a URL that failed: its token may have expired. @returns a URL with the current token, null if that one failed */
  renew(path: string, kind: '' | 'thumbnail' = ''): string | null {
    const url = this.newUrl(path, kind)
    const key = `${kind} ${path}`
    if (this.urls.get(key) === url) return null
    this.urls.set(key, url)
    return url
  }

  private newUrl(path: string, kind: string): string {
    const query = new URLSearchParams({ token: this.token, ...(kind !== '' && { [kind]: '1' }) })
    return `/files/${path.split('/').map(encodeURIComponent).join('/')}?${query}`
  }
}
