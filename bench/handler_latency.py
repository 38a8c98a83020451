#!/usr/bin/env python3
"""Dropped file (with [end]) to started handler on another agent, idle, one at a time; beside the
physical limit and beside a shell pipeline that keeps nothing. usage: handler_latency.py BIN_DIR [N]"""
import os
import shutil
import statistics
import subprocess
import sys
import tempfile
import time

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), '../tests/system'))
from yizhan_fixture import Fleet, free_port, task_text, wait_for

bin_dir = os.path.abspath(sys.argv[1])
count = int(sys.argv[2]) if len(sys.argv) > 2 else 200
PAUSE_MS = 20


def drop_all(drop, stamps):
    """Drops `count` files, one every PAUSE_MS, and then reads what the handlers wrote: nobody else
    uses a core meanwhile. Returns microseconds, without the first ten."""
    began = {}
    for n in range(count + 10):
        time.sleep(PAUSE_MS / 1000)
        name = drop(n, before=True)
        began[name] = time.clock_gettime_ns(time.CLOCK_MONOTONIC)
        drop(n)

    def stamped():
        with open(stamps) as f:
            lines = [line.split() for line in f]
        return len(lines) == len(began) and dict(lines)
    ended = wait_for('the handlers', stamped, every=0.5)
    return [(int(ended[name]) - at) / 1000 for name, at in list(began.items())[10:]]


def ours():
    with Fleet(bin_dir, rules=os.path.join(os.path.dirname(__file__), '../config/rules')) as fleet:
        fleet.start_broker()
        stamps = f'{fleet.root}/stamps'
        fleet.add_agent('to', f'[handler stamp]\nwhen.kind = task\nrun = {bin_dir}/stamp {stamps} {{id}}\n')
        sender = fleet.add_agent('from')
        temporary = f'{fleet.root}/t'

        def drop(n, before=False):
            if not before:
                return os.rename(temporary, f'{sender.inbox}/t{n}.ini')
            id, text = task_text('user:to')
            with open(temporary, 'w') as f:
                f.write(text)
            return id
        return drop_all(drop, stamps)


def pipeline():
    """inotifywait | mosquitto_pub -q 2 → mosquitto_sub -q 2 | sh: keeps nothing."""
    root = tempfile.mkdtemp()
    port = free_port()
    with open(f'{root}/m.conf', 'w') as f:
        f.write(f'listener {port} 127.0.0.1\nallow_anonymous true\n')
    os.mkdir(f'{root}/in')
    stamps = f'{root}/stamps'
    running = [subprocess.Popen(['mosquitto', '-c', f'{root}/m.conf'], stderr=subprocess.DEVNULL)]
    time.sleep(0.5)
    running.append(subprocess.Popen(
        f'exec mosquitto_sub -q 2 -p {port} -t t | while read f; do {bin_dir}/stamp {stamps} "$f"; done',
        shell=True, start_new_session=True))
    running.append(subprocess.Popen(
        f'inotifywait -q -m -e moved_to --format %f {root}/in | exec mosquitto_pub -q 2 -p {port} -t t -l',
        shell=True, start_new_session=True))
    time.sleep(1)

    def drop(n, before=False):
        if not before:
            return os.rename(f'{root}/t', f'{root}/in/t{n}')
        open(f'{root}/t', 'w').close()
        return f't{n}'
    took = drop_all(drop, stamps)
    for process in running[1:]:
        os.killpg(process.pid, 15)
    running[0].terminate()
    shutil.rmtree(root)
    return took


def percentile(values, p):
    return sorted(values)[min(len(values) - 1, int(len(values) * p))]


def limit(what, pause_ms):
    fdatasync, round_trip, spawn = map(float, subprocess.run(
        [f'{bin_dir}/limits', '/tmp', str(pause_ms)],
        capture_output=True, text=True, check=True).stdout.split())
    total = 4 * fdatasync + round_trip + spawn
    print(f'limit, {what}: fdatasync {fdatasync:.0f} us x 4 + round trip {round_trip:.0f} us '
          f'+ spawn {spawn:.0f} us = {total:.0f} us')
    return total


hot = limit('in a tight loop', 0)
idle = limit(f'one every {PAUSE_MS} ms', PAUSE_MS)
mine = ours()
theirs = pipeline()
median = statistics.median(mine)
print(f'dropped file to handler, one every {PAUSE_MS} ms: median {median:.0f} us, '
      f'p99 {percentile(mine, .99):.0f} us; {median / idle:.2f} of the idle limit (goal <= 1.5), '
      f'{median / hot:.2f} of the hot one')
print(f'inotifywait | mosquitto:  median {statistics.median(theirs):.0f} us, p99 {percentile(theirs, .99):.0f} us; '
      f'ours / theirs {statistics.median(mine) / statistics.median(theirs):.2f} (goal <= 1, which the '
      f'idle limit itself misses while it is above theirs: {idle / statistics.median(theirs):.2f})')
