#!/usr/bin/env python3
"""Dropped file (with [end]) to started handler on another agent, idle, one at a time; beside the
physical limit and beside a shell pipeline that keeps nothing. usage: handler_latency.py BIN_DIR [N]"""
import os
import statistics
import subprocess
import sys
import time

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), '../tests/system'))
from yizhan_fixture import Fleet, free_port, task_text, wait_for

bin_dir = os.path.abspath(sys.argv[1])
count = int(sys.argv[2]) if len(sys.argv) > 2 else 200


def last_stamp(path):
    try:
        with open(path) as f:
            return f.read().split('\n')[-2].split()
    except (FileNotFoundError, IndexError):
        return None


def ours():
    with Fleet(bin_dir, rules=os.path.join(os.path.dirname(__file__), '../config/rules')) as fleet:
        fleet.start_broker()
        stamps = f'{fleet.root}/stamps'
        fleet.add_agent('to', f'[handler stamp]\nwhen.kind = task\nrun = {bin_dir}/stamp {stamps} {{id}}\n')
        sender = fleet.add_agent('from')
        took = []
        for n in range(count + 10):
            id, text = task_text('user:to')
            temporary = f'{fleet.root}/t'
            with open(temporary, 'w') as f:
                f.write(text)
            time.sleep(0.02)  # idle between two
            began = time.clock_gettime_ns(time.CLOCK_MONOTONIC)
            os.rename(temporary, f'{sender.inbox}/t{n}.ini')
            stamp = wait_for('the handler', lambda: (s := last_stamp(stamps)) and s[0] == id and s,
                             every=0.0005)
            took.append((int(stamp[1]) - began) / 1000)
        return took[10:]


def pipeline():
    """inotifywait | mosquitto_pub -q 2 → mosquitto_sub -q 2 | sh: keeps nothing."""
    import tempfile
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
    took = []
    for n in range(count):
        open(f'{root}/t', 'w').close()
        time.sleep(0.02)
        began = time.clock_gettime_ns(time.CLOCK_MONOTONIC)
        os.rename(f'{root}/t', f'{root}/in/t{n}')
        stamp = wait_for('the pipeline', lambda: (s := last_stamp(stamps)) and s[0] == f't{n}' and s,
                         every=0.0005)
        took.append((int(stamp[1]) - began) / 1000)
    for process in running[1:]:
        os.killpg(process.pid, 15)
    running[0].terminate()
    return took


def percentile(values, p):
    return sorted(values)[min(len(values) - 1, int(len(values) * p))]


fdatasync, round_trip, spawn = map(float, subprocess.run(
    [f'{bin_dir}/limits', '/tmp'], capture_output=True, text=True, check=True).stdout.split())
limit = 4 * fdatasync + round_trip + spawn
mine = ours()
theirs = pipeline()
print(f'limit: fdatasync {fdatasync:.0f} us x 4 + round trip {round_trip:.0f} us + spawn {spawn:.0f} us '
      f'= {limit:.0f} us')
print(f'dropped file to handler: median {statistics.median(mine):.0f} us, p99 {percentile(mine, .99):.0f} us, '
      f'{statistics.median(mine) / limit:.2f} of the limit (goal <= 1.5)')
print(f'inotifywait | mosquitto:  median {statistics.median(theirs):.0f} us, p99 {percentile(theirs, .99):.0f} us; '
      f'ours / theirs {statistics.median(mine) / statistics.median(theirs):.2f} (goal <= 1)')
