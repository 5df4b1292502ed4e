/** Unknown values are absent. */
export type Preview = {
  thumbnail?: Buffer
  /** In pixels, after rotation. */
  frameSize?: { width: number; height: number }
  /** In seconds. */
  duration?: number
}
