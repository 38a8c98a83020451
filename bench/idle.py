#!/usr/bin/env python3
"""What idleness costs: one agent's memory and wake-ups, and a broker with many idle agents.
usage: idle.py BIN_DIR [AGENTS=10000] [SECONDS=30]"""
import os
import subprocess
import sys
import time

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), '../tests/system'))
from yizhan_fixture import Fleet

agents = int(sys.argv[2]) if len(sys.argv) > 2 else 10_000
seconds = float(sys.argv[3]) if len(sys.argv) > 3 else 30


def status(pid, key):
    with open(f'/proc/{pid}/status') as f:
        return int(next(line for line in f if line.startswith(key)).split()[1])


def switches(pid):
    total = 0
    for task in os.listdir(f'/proc/{pid}/task'):
        with open(f'/proc/{pid}/task/{task}/status') as f:
            total += sum(int(line.split()[1]) for line in f if line.startswith('voluntary_ctxt'))
    return total


def cpu_seconds(pid):
    with open(f'/proc/{pid}/stat') as f:
        fields = f.read().rsplit(')', 1)[1].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf('SC_CLK_TCK')


with Fleet(sys.argv[1]) as fleet:
    fleet.start_broker()
    agent = fleet.add_agent('idle', 'heartbeat_interval = 10s\n')
    time.sleep(3)
    woken = switches(agent.process.pid)
    time.sleep(20)
    woken = switches(agent.process.pid) - woken
    print(f'idle agent: RSS {status(agent.process.pid, "VmRSS") / 1024:.1f} MiB (goal <= 16), '
          f'{woken} wake-ups of all threads in 20 s with heartbeats of 10 s')
    broker = fleet.broker.process.pid
    before = status(broker, 'VmRSS')
    load = subprocess.Popen(
        [f'{fleet.bin}/idle_agents', f'tcp://127.0.0.1:{fleet.port}', f'{fleet.root}/broker/broker.pub',
         str(agents), '10', str(seconds)], stdout=subprocess.PIPE, text=True)
    assert load.stdout.readline().strip() == 'ready'
    time.sleep(2)
    used, began = cpu_seconds(broker), time.monotonic()
    time.sleep(seconds - 5)
    used, lasted = cpu_seconds(broker) - used, time.monotonic() - began
    rss = status(broker, 'VmRSS')
    print(f'{agents} idle agents: {(rss - before) / agents:.1f} KiB each (goal <= 40), '
          f'{100 * used / lasted:.1f} % of a core (goal <= 10) with 10 s heartbeats')
    print(load.communicate()[0].strip())
