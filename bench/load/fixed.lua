-- One fixed request, or a list of bodies in turn. Arguments: method, content type, authorization ("-" for none), file with one body a line ("-" for none).
local bodies, at, headers, method = {}, 0, {}, "GET"
function init(args)
  method = args[1]
  if args[2] ~= "-" then headers["Content-Type"] = args[2] end
  if args[3] ~= "-" then headers["Authorization"] = args[3] end
  if args[4] ~= "-" then for line in io.lines(args[4]) do bodies[#bodies + 1] = line end end
end
function request()
  if #bodies == 0 then return wrk.format(method, nil, headers) end
  at = at % #bodies + 1
  return wrk.format(method, nil, headers, bodies[at])
end
