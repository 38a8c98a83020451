#!/usr/bin/env python3
"""10,000 files dropped at once: files per second until the broker has them all, and the agent's
memory meanwhile. usage: file_burst.py BIN_DIR [FILES]"""
import json
import os
import sys
import time

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), '../tests/system'))
from yizhan_fixture import Fleet, task_text, wait_for

files = int(sys.argv[2]) if len(sys.argv) > 2 else 10_000


def peak_rss_kib(pid):
    with open(f'/proc/{pid}/status') as f:
        return int(next(line for line in f if line.startswith('VmHWM')).split()[1])


with Fleet(sys.argv[1], rules=os.path.join(os.path.dirname(__file__), '../config/rules')) as fleet:
    fleet.start_broker()
    fleet.add_agent('to').stop()  # enrolled, then away: its mailbox fills
    staging = f'{fleet.root}/from/staging'
    os.makedirs(staging)
    for n in range(files):
        with open(f'{staging}/t{n}.ini', 'w') as f:
            f.write(task_text('user:to')[1])
    sender = fleet.add_agent('from')
    time.sleep(1)
    before = peak_rss_kib(sender.process.pid)
    began = time.monotonic()
    for n in range(files):
        os.rename(f'{staging}/t{n}.ini', f'{sender.inbox}/t{n}.ini')
    dropped = time.monotonic() - began
    wait_for('the broker to have all', lambda: json.loads(
        fleet.operator('status', '--json').stdout)['messages'] >= files, seconds=120, every=0.05)
    seconds = time.monotonic() - began
    print(f'{files} files: {files / seconds:.0f} files/s into the broker (goal >= 5000), dropped in '
          f'{dropped:.2f} s; agent peak RSS {before} -> {peak_rss_kib(sender.process.pid)} KiB')
