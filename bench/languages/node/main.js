'use strict'
// The npm packages cors and @fastify/cors as peers.
//
// In the figure: the middleware function, and for @fastify/cors its hook, with what they read of req.headers and write
// through setHeader, and what that allocates. Not in the figure: Node's parsing, its own setHeader with its checks, the
// frameworks, a connection. Requests and responses are made before the clock starts; a response stores its headers in
// an object. The driver subtracts the same loop around an empty handler. The engine has compiled everything by then:
// the first rounds are the driver's warm-up.

const fs = require('node:fs')
const readline = require('node:readline')
const cors = require('cors')
const fastifyCors = require('@fastify/cors')

let passed = 0
const next = () => { passed++ }

class Response {
  constructor () {
    this.statusCode = 0
    this.headers = {}
  }

  // What Express has.
  setHeader (name, value) { this.headers[name] = value }
  getHeader (name) { return this.headers[name] }
  end () {}

  // What Fastify has.
  header (name, value) {
    this.headers[name] = value
    return this
  }

  code (status) {
    this.statusCode = status
    return this
  }

  status (status) { return this.code(status) }
  type () { return this }
  send () { return this }
}

const options = policy => ({
  origin: policy.origins,
  credentials: policy.credentials,
  methods: ['GET', 'HEAD', 'POST', ...policy.methods],
  allowedHeaders: policy.headers,
  exposedHeaders: policy.expose,
  maxAge: policy.max_age
})

// A list of one or more strings, compared one by one, is what both documentations show. For "*." there is a RegExp.
const pattern = origin => origin.includes('*.')
  ? new RegExp('^' + origin.replace(/[.*/]/g, '\\$&').replace('\\*', '([a-z0-9-]+\\.)*[a-z0-9-]+') + '$')
  : origin

const make = {
  cors: policy => {
    const handler = cors(options(policy))
    return (req, res) => handler(req, res, next)
  },
  '@fastify/cors': policy => {
    let hook
    const fastify = { decorateRequest () {}, options () {}, addHook (name, added) { hook = added } }
    fastifyCors(fastify, options(policy), () => {})
    return (req, res) => hook(req, res, next)
  }
}
const application = (req, res) => next()

function requestsOf (one, batch) {
  const lines = one.asked_headers.flatMap(line => Array(line.copies).fill(line.text.repeat(line.repeat)))
  return Array.from({ length: batch }, (_, i) => {
    const headers = { host: 'api.example.com', accept: '*/*' }
    if (one.origins.length) headers.origin = one.origins[i % one.origins.length]
    if (one.asked_method !== null) headers['access-control-request-method'] = one.asked_method
    if (lines.length) headers['access-control-request-headers'] = lines.join(', ') // as Node joins them
    return { method: one.method, headers, raw: { method: one.method }, routeOptions: { config: {} } }
  })
}

function answer (handler, requests) {
  const res = new Response()
  passed = 0
  handler(requests[0], res)
  return { status: res.statusCode, headers: Object.entries(res.headers), passed: passed > 0 }
}

function measure (handler, requests, milliseconds) {
  const budget = BigInt(milliseconds) * 1000000n
  let spent = 0n
  let operations = 0
  while (spent < budget) {
    const responses = requests.map(() => new Response())
    const start = process.hrtime.bigint()
    for (let i = 0; i < requests.length; i++) handler(requests[i], responses[i])
    spent += process.hrtime.bigint() - start
    operations += requests.length
  }
  return { ns: Number(spent) / operations, operations }
}

const all = JSON.parse(fs.readFileSync(process.argv[2], 'utf8'))
for (const policy of Object.values(all.policies)) policy.origins = policy.origins.map(pattern)
const requests = all.cases.map(one => requestsOf(one, all.batch))
const handlers = {}
for (const peer in make) {
  handlers[peer] = {}
  for (const name in all.policies) handlers[peer][name] = make[peer](all.policies[name])
}
readline.createInterface({ input: process.stdin }).on('line', asked => {
  const [verb, peer, number, milliseconds] = asked.split(' ')
  const handler = verb === 'empty' ? application : handlers[peer][all.cases[number].policy]
  const told = verb === 'answer'
    ? answer(handler, requests[number])
    : measure(handler, requests[number], Number(milliseconds))
  process.stdout.write(JSON.stringify(told) + '\n')
})
