#!/usr/bin/env python3
"""What idleness costs: one agent's memory and wake-ups, and a broker with many idle agents.
usage: idle.py BIN_DIR [AGENTS=10000] [SECONDS=30]"""
import collections
import os
import subprocess
import sys
import time

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), '../tests/system'))
from yizhan_fixture import Fleet

# An agent of the load takes two descriptors, one in the broker; 20,000 a process is a usual hard limit.
AGENTS_PER_PROCESS = 5_000
HEARTBEAT = 10

Cost = collections.namedtuple('Cost', 'memory cpu')  # KiB an agent, % of a core

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


def measure(pid, endpoint, pub, bin_dir):
    """What `agents` idle agents cost the process that serves them."""
    before = status(pid, 'VmRSS')
    loads = []
    for first in range(0, agents, AGENTS_PER_PROCESS):
        count = min(AGENTS_PER_PROCESS, agents - first)
        loads.append(subprocess.Popen(
            [f'{bin_dir}/idle_agents', endpoint, pub, str(first), str(count), str(HEARTBEAT),
             str(HEARTBEAT + seconds)],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True))
    for load in loads:
        assert load.stdout.readline().strip() == 'ready'
    for load in loads:
        load.stdin.write('go\n')
        load.stdin.flush()
    time.sleep(HEARTBEAT + 2)  # each was told once when to come next
    used, began = cpu_seconds(pid), time.monotonic()
    time.sleep(seconds - 5)
    used, lasted = cpu_seconds(pid) - used, time.monotonic() - began
    cost = Cost((status(pid, 'VmRSS') - before) / agents, 100 * used / lasted)
    for load in loads:
        print(load.communicate()[0].strip())
        assert load.returncode == 0, 'too many pings were not answered'
    return cost


with Fleet(sys.argv[1]) as fleet:
    fleet.start_broker()
    agent = fleet.add_agent('idle', 'heartbeat_interval = 10s\n')
    time.sleep(3)
    woken = switches(agent.process.pid)
    time.sleep(20)
    woken = switches(agent.process.pid) - woken
    print(f'idle agent: RSS {status(agent.process.pid, "VmRSS") / 1024:.1f} MiB (goal <= 16), '
          f'{woken} wake-ups of all threads in 20 s with heartbeats of 10 s')
    broker = measure(fleet.broker.process.pid, f'tcp://127.0.0.1:{fleet.port}',
                     f'{fleet.root}/broker/broker.pub', fleet.bin)
    pub = f'{fleet.root}/echo.pub'
    echo = subprocess.Popen([f'{fleet.bin}/echo_router', pub], stdout=subprocess.PIPE, text=True)
    floor = measure(echo.pid, echo.stdout.readline().strip(), pub, fleet.bin)
    echo.kill()
    print(f'{agents} idle agents with {HEARTBEAT} s heartbeats: {broker.memory:.1f} KiB each (goal <= 40), '
          f'{broker.cpu:.1f} % of a core (goal <= 10)\n'
          f'libzmq alone, which keeps nothing:  {floor.memory:.1f} KiB each, {floor.cpu:.1f} % of a core; '
          f'ours / libzmq {broker.memory / floor.memory:.2f} and {broker.cpu / floor.cpu:.2f}')
