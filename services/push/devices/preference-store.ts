import { type Connection, modelOf } from '@chat/service'

/** By the user's id. Only what differs from the default is stored. */
type PreferenceDoc = { _id: string; mentionAlarm: false }

export function openPreferences(connection: Connection) {
  const model = modelOf<PreferenceDoc>(connection, 'preferences')
  return {
    async setMentionAlarm(userId: string, on: boolean) {
      if (on) await model.deleteOne({ _id: userId })
      else await model.updateOne({ _id: userId }, { $set: { mentionAlarm: false } }, { upsert: true })
    },

    async remove(userId: string) {
      await model.deleteOne({ _id: userId })
    },

    /** @returns the users who want pushes of mentions although their alarm for the room is off */
    async wantMentions(userIds: string[]): Promise<Set<string>> {
      if (userIds.length === 0) return new Set()
      const unwilling = await model.find({ _id: { $in: userIds } }).lean()
      return new Set(userIds).difference(new Set(unwilling.map(({ _id }) => _id)))
    },
  }
}
export type PreferenceStore = ReturnType<typeof openPreferences>
