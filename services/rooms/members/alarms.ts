import { Fault, type Input } from '@chat/contract'
import type { Parts } from '../parts.ts'
import { requireMember } from './memberships.ts'

/** @returns how the alarm is now */
export async function setAlarm({ store, bus }: Parts, userId: string, input: Input<'roomAlarmTurnOnOff'>) {
  const { roomId } = input
  const { member } = await requireMember(store, roomId, userId)
  const alarmOn = await store.members.switchAlarm(member._id, input.alarmOn)
  if (alarmOn === null) throw new Fault('ROOM_NO_EXISTS')
  bus.publishUser(userId, 'alarm', { roomId, alarmOn })
  return alarmOn
}
