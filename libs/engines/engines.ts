import type { Engine } from './engine.ts'
import { mongod, secantus } from './programs/mongo.ts'
import { natsServer } from './programs/nats.ts'
import { versitygw } from './programs/s3.ts'

export const engines: Engine[] = [
  { name: 'nats', title: 'NATS', variable: 'CHAT_NATS_URL', urlKey: 'natsUrl', programs: [natsServer] },
  {
    name: 'mongo',
    title: 'MongoDB',
    variable: 'CHAT_MONGO_URL',
    urlKey: 'mongoUrl',
    programs: [mongod, secantus],
  },
  { name: 's3', title: 'S3', variable: 'CHAT_S3_URL', urlKey: 's3Url', programs: [versitygw] },
]
