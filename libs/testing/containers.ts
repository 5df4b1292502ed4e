import { readFile } from 'node:fs/promises'
import { initiate, natsConfig } from '@chat/engines'
import { GenericContainer, type StartedTestContainer, Wait } from 'testcontainers'
import { eventually } from './eventually.ts'
import { natsUsers } from './nats-users.ts'

const COMPOSE = new URL('../../docker-compose.yml', import.meta.url)
const START_MS = 60_000

/** The engines of docker-compose.yml with its images, each in a container that is removed with its data. */
export async function startContainers() {
  const compose = await readFile(COMPOSE, 'utf8')
  const imageOf = (name: string) => {
    const [, image] = compose.match(new RegExp(`image: (${name}:\\S+)`)) ?? []
    if (!image) throw new Error(`docker-compose.yml names no image of ${name}`)
    return new GenericContainer(image)
  }
  const started = await Promise.allSettled([
    startNats(imageOf('nats')),
    startMongo(imageOf('mongo')),
    startS3(imageOf('versity/versitygw')),
  ])
  const close = async () => {
    await Promise.all(started.map((one) => one.status === 'fulfilled' && one.value.container.stop()))
  }
  const failed = started.find((one) => one.status === 'rejected')
  if (failed) {
    await close()
    throw failed.reason
  }
  const [natsUrl = '', mongoUrl = '', s3Url = ''] = started.map((one) =>
    one.status === 'fulfilled' ? one.value.url : '',
  )
  return { urls: { natsUrl, mongoUrl, s3Url }, close }
}

const addressOf = (container: StartedTestContainer, port: number) =>
  `${container.getHost()}:${container.getMappedPort(port)}`

async function startNats(image: GenericContainer) {
  const content = natsConfig({
    host: '0.0.0.0',
    port: 4222,
    folder: '/data',
    users: natsUsers,
    guest: 'test',
  })
  const container = await image
    .withCommand(['nats-server', '--config', '/etc/nats.conf'])
    .withCopyContentToContainer([{ content, target: '/etc/nats.conf' }])
    .withExposedPorts(4222)
    .withWaitStrategy(Wait.forLogMessage('Server is ready'))
    .start()
  return { container, url: `nats://${addressOf(container, 4222)}` }
}

async function startMongo(image: GenericContainer) {
  const container = await image
    .withCommand(['mongod', '--replSet', 'chat', '--bind_ip_all'])
    .withExposedPorts(27_017)
    .withWaitStrategy(Wait.forListeningPorts())
    .start()
  const url = `mongodb://${addressOf(container, 27_017)}/?directConnection=true`
  // The replica set knows its address inside the container, which does not work from outside.
  await eventually(() => initiate(url, '127.0.0.1:27017'), START_MS)
  return { container, url }
}

async function startS3(image: GenericContainer) {
  const [access, secret] = ['test', 'secret-of-the-tests']
  const container = await image
    .withEnvironment({ ROOT_ACCESS_KEY: access, ROOT_SECRET_KEY: secret })
    .withTmpFs({ '/data/objects': 'rw', '/data/metadata': 'rw' })
    .withCommand([
      '--quiet',
      '--port',
      ':7070',
      '--health',
      '/health',
      'posix',
      '--sidecar',
      '/data/metadata',
      '/data/objects',
    ])
    .withExposedPorts(7070)
    .withWaitStrategy(Wait.forHttp('/health', 7070))
    .start()
  return { container, url: `http://${access}:${secret}@${addressOf(container, 7070)}` }
}
