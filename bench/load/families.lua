-- Makes token families: asks for a code with a signed-in browser's cookie, then redeems it, in turn until enough are made.
-- Arguments: cookie, authorize path with query, token path, token body up to "&code=", how many.
local cookie, authorize, token, body, wanted
local codes, redeemed = {}, 0
function init(args) cookie, authorize, token, body, wanted = args[1], args[2], args[3], args[4], tonumber(args[5]) end
function request()
  local code = table.remove(codes)
  if code then return wrk.format("POST", token, { ["Content-Type"] = "application/x-www-form-urlencoded" }, body .. "&code=" .. code) end
  return wrk.format("GET", authorize, { Cookie = cookie })
end
function response(status, headers, text)
  local location = headers["Location"] or headers["location"]
  local code = location and location:match("[?&]code=([^&]+)")
  if code then codes[#codes + 1] = code end
  if status == 200 and text:find("refresh_token", 1, true) then redeemed = redeemed + 1 end
  if redeemed >= wanted then wrk.thread:stop() end
end
