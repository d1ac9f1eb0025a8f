// A placeholder for a notification service: prints every alert from Alertmanager as one line of JSON. The receiver is the path of the URL.
import { createServer } from 'node:http'

const server = createServer(async (request, response) => {
  try {
    let body = ''
    for await (const chunk of request) body += chunk
    const { alerts } = request.method === 'POST' ? JSON.parse(body) : { alerts: [] }
    for (const { status, labels, annotations } of alerts) {
      console.log(JSON.stringify({ receiver: request.url.slice(1), status, labels, summary: annotations.summary }))
    }
    response.end()
  } catch (error) {
    response.writeHead(400).end(String(error))
  }
})
server.listen(Number(process.env.PORT ?? 9095), process.env.HOST)
