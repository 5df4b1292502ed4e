/** Strokes on a grid of 24, drawn for this page. */
const shapes = {
  search: 'M11 4a7 7 0 1 0 0 14 7 7 0 0 0 0-14ZM20 20l-4-4',
  pencil: 'M4 20h4L19 9l-4-4L4 16v4ZM13 7l4 4',
  close: 'M6 6l12 12M18 6L6 18',
  back: 'M15 5l-7 7 7 7',
  next: 'M9 5l7 7-7 7',
  down: 'M5 9l7 7 7-7',
  send: 'M4 12L20 4l-5 16-3.5-6.5L4 12ZM11.5 13.5L20 4',
  clip: 'M19 11.5l-7.2 7.2a4.5 4.5 0 0 1-6.4-6.4l7.6-7.6a3 3 0 0 1 4.3 4.3l-7.6 7.6a1.5 1.5 0 0 1-2.2-2.2l7-7',
  info: 'M12 4a8 8 0 1 0 0 16 8 8 0 0 0 0-16ZM12 11v5M12 8v.01',
  more: 'M6 12h.01M12 12h.01M18 12h.01',
  reply: 'M10 6L4 12l6 6M4 12h9a7 7 0 0 1 7 7',
  share: 'M12 15V4M8 8l4-4 4 4M5 12v7h14v-7',
  copy: 'M9 9h11v11H9zM15 9V4H4v11h5',
  trash: 'M5 7h14M10 7V4h4v3M7 7l1 13h8l1-13',
  eye: 'M2.5 12S6 5.5 12 5.5 21.5 12 21.5 12 18 18.5 12 18.5 2.5 12 2.5 12ZM12 9.5a2.5 2.5 0 1 0 0 5 2.5 2.5 0 0 0 0-5Z',
  hide: 'M4 4l16 16M9.9 5.8A9 9 0 0 1 12 5.5c6 0 9.5 6.5 9.5 6.5a17 17 0 0 1-3 3.7M6 7.5A17 17 0 0 0 2.500 12S6 18.5 12 18.5a9 9 0 0 0 4-1',
  pin: 'M9 4h6l-1 6 4 4H6l4-4-1-6ZM12 14v6',
  flag: 'M6 21V4h11l-2 4 2 4H6',
  bell: 'M6 17V11a6 6 0 0 1 12 0v6l1.500 1h-15L6 17ZM10 20.500h4',
  mute: 'M4 4l16 16M8.500 6.100A6 6 0 0 1 18 11v5M6 11v6l-1.500 1H17M10 20.500h4',
  lock: 'M6 11h12v9H6zM9 11V8a3 3 0 0 1 6 0v3',
  file: 'M7 3h7l5 5v13H7zM14 3v5h5',
  image: 'M4 5h16v14H4zM4 16l5-5 4 4 2-2 5 5M15.500 9h.01',
  play: 'M8 5l11 7-11 7V5Z',
  download: 'M12 4v11M8 11l4 4 4-4M5 20h14',
  check: 'M5 12l5 5 9-10',
  clock: 'M12 4a8 8 0 1 0 0 16 8 8 0 0 0 0-16ZM12 8v4l3 2',
  alert: 'M12 4a8 8 0 1 0 0 16 8 8 0 0 0 0-16ZM12 8v5M12 16v.01',
  people:
    'M9 5a3.500 3.500 0 1 0 0 7 3.500 3.500 0 0 0 0-7ZM2.500 19c.5-3.500 3-5 6.500-5s6 1.500 6.500 5M16 5.500a3 3 0 0 1 0 6M18 14.500c2 .7 3.200 2.200 3.500 4.500',
  plus: 'M12 5v14M5 12h14',
  gear: 'M12 9a3 3 0 1 0 0 6 3 3 0 0 0 0-6ZM12 3v3M12 18v3M3 12h3M18 12h3M5.600 5.600l2.200 2.200M16.200 16.200l2.200 2.200M18.400 5.600l-2.200 2.200M7.800 16.200l-2.200 2.200',
  chat: 'M4 5h16v11H9l-5 4V5Z',
  crown: 'M4 18h16M4 15l-1-8 5 4 4-6 4 6 5-4-1 8H4Z',
  link: 'M10 14l4-4M8 11l-2 2a3.500 3.500 0 0 0 5 5l2-2M16 13l2-2a3.500 3.500 0 0 0-5-5l-2 2',
  exit: 'M14 4h5v16h-5M4 12h10M10 8l4 4-4 4',
  offline:
    'M3 3l18 18M5 12.500a10 10 0 0 1 4-2.300M15 10.200a10 10 0 0 1 4 2.300M8.500 16a5 5 0 0 1 7 0M12 19.500v.01M2 9a15 15 0 0 1 4.500-2.800M11 5a15 15 0 0 1 11 4',
} as const
export type IconName = keyof typeof shapes

export const Icon = ({ name, size = 20 }: { name: IconName; size?: number }) => (
  <svg
    class="icon"
    width={size}
    height={size}
    viewBox="0 0 24 24"
    fill="none"
    stroke="currentColor"
    stroke-width={name === 'more' ? 2.6 : 1.7}
    stroke-linecap="round"
    stroke-linejoin="round"
    aria-hidden="true"
  >
    <path d={shapes[name]} />
  </svg>
)
