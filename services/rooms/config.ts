import { type ConfigReader, readMongo, readProcess } from '@chat/service'

export const readConfig = (read: ConfigReader) => ({ ...readProcess(read), ...readMongo(read) })
