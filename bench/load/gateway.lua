-- Requests of all kinds, each answer of which is held against what one of the two configurations says, whole.
-- wrk does not say which request an answer belongs to: the service says in X-Seen which Origin it saw.

local page, other = "https://app.example.com", "https://elsewhere.example"
local threads = {}

function setup(thread) table.insert(threads, thread) end

function init(args)
  left = tonumber(args[1])
  asked, answered, wrong = 0, 0, 0
  first = ""
  local preflight = {["Origin"] = page, ["Access-Control-Request-Method"] = "PUT",
                     ["Access-Control-Request-Headers"] = "x-token"}
  kinds = {
    wrk.format("GET", "/cors/a", {["Origin"] = page}),
    wrk.format("GET", "/cors/b", {["Origin"] = other}),
    wrk.format("OPTIONS", "/cors/c", preflight),
    wrk.format("GET", "/cors/d", {["Origin"] = page, ["Host"] = "api.example.com:8443"}),
    wrk.format("GET", "/cors/e", {}),
  }
end

function request()
  asked = asked + 1
  return kinds[asked % #kinds + 1]
end

local function is_right(status, headers, body)
  local expected = {}
  local seen = headers["x-seen"]
  if status == 204 then
    expected = {["access-control-allow-origin"] = page, ["access-control-allow-headers"] = "x-token"}
    if headers["access-control-allow-credentials"] then
      expected["access-control-allow-credentials"] = "true"
      expected["access-control-allow-methods"] = "PUT"
      expected["access-control-max-age"] = "1"
    else
      expected["access-control-allow-methods"] = "PATCH, PUT"
      expected["access-control-max-age"] = "2"
    end
  elseif status ~= 200 or body ~= '{"id": 7, "name": "thing"}' or headers["vary"] ~= "Accept, Origin" then
    return false
  elseif seen == page then
    expected = {["access-control-allow-origin"] = page}
    if headers["access-control-allow-credentials"] then
      expected["access-control-allow-credentials"] = "true"
      expected["access-control-expose-headers"] = "x-a"
    else
      expected["access-control-expose-headers"] = "x-b"
    end
  end
  for name, value in pairs(headers) do
    if name:sub(1, 15) == "access-control-" and expected[name] ~= value then return false end
    expected[name] = nil
  end
  return next(expected) == nil
end

function response(status, headers, body)
  local lower = {}
  for name, value in pairs(headers) do
    -- A second line of a name would be another key only in another letter case, and is wrong in either.
    if lower[name:lower()] then wrong = wrong + 1 end
    lower[name:lower()] = value
  end
  answered = answered + 1
  if not is_right(status, lower, body) then
    wrong = wrong + 1
    if first == "" then
      first = tostring(status)
      for name, value in pairs(lower) do first = first .. " " .. name .. "=" .. value end
    end
  end
  left = left - 1
  if left == 0 then
    io.write("enough\n")
    io.flush()
    wrk.thread:stop()
  end
end

function done(summary, latency, requests)
  local answered, wrong = 0, 0
  for _, thread in ipairs(threads) do
    answered = answered + thread:get("answered")
    wrong = wrong + thread:get("wrong")
    if thread:get("first") ~= "" then io.write("wrong: ", thread:get("first"), "\n") end
  end
  local errors = summary.errors
  io.write(string.format(
    '{"requests": %d, "wrong": %d, "connect": %d, "read": %d, "write": %d, "status": %d, "timeout": %d}\n',
    answered, wrong, errors.connect, errors.read, errors.write, errors.status, errors.timeout))
end
