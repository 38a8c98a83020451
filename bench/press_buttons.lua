-- For wrk: loads each page of a file of links, then presses its button with the page's nonce. Run it
-- with as many threads as connections, so that an answer is to the thread's last request.
-- Usage: wrk -tN -cN -s press_buttons.lua URL -- FILE N

local threads = {}
function setup(thread)
  thread:set("number", #threads)
  table.insert(threads, thread)
end

function init(args)
  links, at, pressed, wrong, nonce = {}, 1, 0, 0, nil
  local others, line_number = tonumber(args[2]), 0
  for line in io.lines(args[1]) do  -- this thread's share
    if line_number % others == number then links[#links + 1] = line end
    line_number = line_number + 1
  end
end

function request()
  if nonce then
    return wrk.format("POST", links[at], {["Content-Type"] = "application/x-www-form-urlencoded"},
                      "state=accepted&confirm=1&nonce=" .. nonce)
  end
  return wrk.format("GET", links[at] or "/no-link-is-left")
end

function response(status, headers, body)
  if nonce then
    if status == 200 and not body:find('name="nonce"', 1, true) then pressed = pressed + 1
    else wrong = wrong + 1 end
    nonce, at = nil, at + 1
  else
    nonce = body:match('name="nonce" value="([^"]+)"')
    if not nonce then wrong, at = wrong + 1, at + 1 end
  end
end

function done(summary, latency, requests)
  local pressed, wrong = 0, 0
  for _, thread in ipairs(threads) do
    pressed = pressed + thread:get("pressed")
    wrong = wrong + thread:get("wrong")
  end
  print(string.format("pressed %d wrong %d in %.3f s", pressed, wrong, summary.duration / 1e6))
end
