import type { JoinUser } from '@chat/contract'
import { expect, test } from '@jest/globals'
import { inOrder, withMasters } from './member-order.ts'

const member = (nickName: string, master = false) => ({ _id: nickName, nickName, master }) as JoinUser
const namesIn = (language: string, members: JoinUser[]) =>
  inOrder(members, language).map(({ nickName }) => nickName)

test('masters come first, then the others by name; numbers sort by value', () => {
  const members = [
    member('guest 10'),
    member('zoe', true),
    member('Ärmel'),
    member('guest 9'),
    member('bob', true),
  ]
  expect(namesIn('en', members)).toEqual(['bob', 'zoe', 'Ärmel', 'guest 9', 'guest 10'])
})

test('in Korean, Korean names come before others', () => {
  const members = [member('Alex'), member('하나'), member('가영')]
  expect(namesIn('ko', members)).toEqual(['가영', '하나', 'Alex'])
  expect(namesIn('en', members)).toEqual(['Alex', '가영', '하나'])
})

test('masters of a later page are on the first page, each once', () => {
  const joinUsers = [member('ann', true), member('zoe', true), member('late')]
  const page = [member('bob'), member('ann', true)]
  expect(namesIn('en', withMasters(page, { joinUsers }))).toEqual(['ann', 'zoe', 'bob'])
})
