export const demoUsers = [
  { _id: 'demo-mina', nickName: '정민아' },
  { _id: 'demo-jun', nickName: '박준호' },
  { _id: 'demo-sora', nickName: 'Sora Lee' },
  { _id: 'demo-alex', nickName: 'Alex Kim' },
]

export type DemoRoom = {
  sid: string
  name: string
  /** The first one is the master. */
  users: string[]
  /** The first line is the room's own (ADMIN) message. */
  lines: [userId: string, text: string][]
}

export const demoRooms: DemoRoom[] = [
  {
    sid: 'demo-design',
    name: 'Design review',
    users: ['demo-sora', 'demo-mina', 'demo-alex'],
    lines: [
      ['demo-sora', 'Sora Lee made the room'],
      ['demo-sora', 'The new onboarding is in the shared folder. Comments until Thursday, please.'],
      ['demo-alex', 'Looks calm, I like it. Is the second step still needed?'],
      ['demo-mina', 'I would merge it with the first. 두 단계면 충분해요 🙂'],
    ],
  },
  {
    sid: 'demo-pair',
    name: '민아 · 준호',
    users: ['demo-mina', 'demo-jun'],
    lines: [
      ['demo-mina', '정민아님이 대화를 시작했습니다'],
      ['demo-jun', '내일 회의 자료 다 됐어요?'],
      ['demo-mina', '거의요! 오늘 저녁에 보내 드릴게요.'],
    ],
  },
  {
    sid: 'demo-team',
    name: 'Team lunch 🍜',
    users: ['demo-mina', 'demo-jun', 'demo-sora', 'demo-alex'],
    lines: [
      ['demo-mina', '정민아님이 방을 만들었습니다'],
      ['demo-mina', '금요일에 다 같이 점심 어때요?'],
      ['demo-jun', '좋아요! 어디로 갈까요?'],
      ['demo-sora', 'The noodle place around the corner? https://www.openstreetmap.org'],
      ['demo-alex', 'Noon works for me 👍'],
    ],
  },
]
