import type { Connection } from '@chat/service'
import mongoose from 'mongoose'

/** Only what differs from how it is without asking. */
type PreferenceDoc = { _id: string; mentionAlarm: false }

const preferenceSchema = new mongoose.Schema<PreferenceDoc>(
  { _id: String, mentionAlarm: { type: Boolean, required: true } },
  { versionKey: false },
)

/** How people want to be told, by their ids. */
export function openPreferences(connection: Connection) {
  const model = connection.model<PreferenceDoc>('Preference', preferenceSchema, 'preferences')
  return {
    async setMentionAlarm(userId: string, on: boolean) {
      if (on) await model.deleteOne({ _id: userId })
      else await model.updateOne({ _id: userId }, { $set: { mentionAlarm: false } }, { upsert: true })
    },

    async forget(userId: string) {
      await model.deleteOne({ _id: userId })
    },

    /** Of these users those whom mentions reach though a room's alarm is off. */
    async wantMentions(userIds: string[]): Promise<Set<string>> {
      if (userIds.length === 0) return new Set()
      const against = await model.find({ _id: { $in: userIds } }).lean()
      const unwilling = new Set(against.map(({ _id }) => _id))
      return new Set(userIds.filter((userId) => !unwilling.has(userId)))
    },
  }
}
export type PreferenceStore = ReturnType<typeof openPreferences>
