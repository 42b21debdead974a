-- Rotates refresh tokens: takes one from the queue, refreshes it, puts the successor back. With proofs, each request carries a fresh one.
-- Arguments: client id, file with one refresh token a line, file with one DPoP proof a line ("-" for none).
-- Needs more tokens than connections, so that the queue never runs dry.
local queue, first, last = {}, 1, 0
local proofs, next_proof, client = {}, 0, ""
local headers = { ["Content-Type"] = "application/x-www-form-urlencoded" }

local function put(token) last = last + 1; queue[last] = token end
local function take()
  local token = queue[first]
  if token then queue[first] = nil; first = first + 1 end
  return token
end

function init(args)
  client = args[1]
  for line in io.lines(args[2]) do put(line) end
  if args[3] ~= "-" then for line in io.lines(args[3]) do proofs[#proofs + 1] = line end end
end

function request()
  if #proofs > 0 then
    next_proof = next_proof + 1
    headers["DPoP"] = proofs[next_proof] or "out of proofs"
    if next_proof >= #proofs then wrk.thread:stop() end
  end
  return wrk.format("POST", nil, headers, "grant_type=refresh_token&client_id=" .. client .. "&refresh_token=" .. (take() or "out of tokens"))
end

function response(status, _, body)
  local successor = body:match('"refresh_token"%s*:%s*"([^"]+)"')
  if status == 200 and successor then put(successor) end
end
