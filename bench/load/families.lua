-- Makes token families: asks for a code with a signed-in browser's cookie, then redeems it, in turn.
-- Arguments: cookie, authorize path with query, token path, token body up to "&code=".
local cookie, authorize, token, body
local codes = {}
function init(args) cookie, authorize, token, body = args[1], args[2], args[3], args[4] end
function request()
  local code = table.remove(codes)
  if code then return wrk.format("POST", token, { ["Content-Type"] = "application/x-www-form-urlencoded" }, body .. "&code=" .. code) end
  return wrk.format("GET", authorize, { Cookie = cookie })
end
function response(_, headers)
  local location = headers["Location"] or headers["location"]
  local code = location and location:match("[?&]code=([^&]+)")
  if code then codes[#codes + 1] = code end
end
