-- Sixteen requests at once on each connection, for wrk.
local depth = 16

init = function()
  local requests = {}
  for i = 1, depth do
    requests[i] = wrk.format()
  end
  batch = table.concat(requests)
end

request = function()
  return batch
end
