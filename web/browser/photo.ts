import sharp from 'sharp'

/** A photo similar to one from a phone. */
export const takePhoto = (width = 1200, height = 800) =>
  sharp({
    create: { width, height, channels: 3, background: '#f3b562' },
  })
    .composite([
      {
        input: Buffer.from(
          `<svg width="${width}" height="${height}" xmlns="http://www.w3.org/2000/svg">
            <rect width="100%" height="60%" fill="#8ec5e8"/>
            <circle cx="78%" cy="24%" r="9%" fill="#fff3c4"/>
            <path d="M0 ${height * 0.62} L${width * 0.3} ${height * 0.3} L${width * 0.55} ${height * 0.62} L${width * 0.75} ${height * 0.42} L${width} ${height * 0.7} V${height} H0Z" fill="#4d7c6f"/>
            <path d="M0 ${height * 0.8} Q${width * 0.5} ${height * 0.68} ${width} ${height * 0.86} V${height} H0Z" fill="#2f5a50"/>
          </svg>`,
        ),
      },
    ])
    .jpeg()
    .toBuffer()
