import { Fault, failed, type Input, succeeded, errors as table } from '@chat/contract'
import {
  type Auth,
  type Bus,
  DEFAULT_EXPIRES_IN_S,
  faultOf,
  type Logger,
  type Metrics,
  mintToken,
} from '@chat/service'
