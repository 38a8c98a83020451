#!/usr/bin/env python3
"""Power cuts while history travels: an importing agent, the broker and a receiving agent, each on a
disk of its own (cut_disk.py), one of which loses its power while files are imported, pushed and
pulled. What a command said was done must be there, everywhere, whole.

usage: history_powercut.py BIN_DIR CUTS [SEED] [--control]
--control keeps nothing from the disks' caches (eatmydata) and succeeds only if that is found."""
import argparse
import os
import random
import shutil
import sqlite3
import sys
import tempfile
import time

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from cut_disk import CutDisk  # noqa: E402
from history import HEADER, SLICE, counts, settled, unit, write  # noqa: E402
from yizhan_fixture import Fleet, wait_for  # noqa: E402

UNITS_A_FILE = 5000


class Machine:
    """A daemon and the disk its state lies on."""

    def __init__(self, fleet, daemon, state, database):
        self.daemon, self.database = daemon, f'{state}/{database}'
        self.disk = CutDisk(f'{fleet.root}/{os.path.basename(daemon.config)}.img', state, '1G')

    def cut_power(self):
        self.disk.cut()
        self.daemon.kill()
        self.disk.unmount()
        self.disk.mount()
        # The copy is looked at: SQLite would mend the original when it is opened.
        with tempfile.TemporaryDirectory() as folder:
            for end in ('', '-wal'):
                if os.path.exists(self.database + end):
                    shutil.copy(self.database + end, f'{folder}/db{end}')
            db = sqlite3.connect(f'{folder}/db')
            answer = db.execute('PRAGMA integrity_check').fetchone()[0]
            db.close()
            assert answer == 'ok', f'{self.database}: {answer}'


def memory(path, name):
    return write(path, HEADER + ''.join(
        unit(f'Check gear {name}-{i}.', f'检查第 {name}-{i} 号齿轮。') for i in range(UNITS_A_FILE)) +
        '</body></tmx>')


def type_unit(fleet, text):
    fleet.user('li.wei', 'tm', 'add', text, f'{text}（译）', '--slice', SLICE, '--from', 'en-US', '--to',
               'zh-CN')
    return text


def has(fleet, user, text):
    done = fleet.user(user, 'tm', 'search', text, '--json', check=False)
    return done.returncode == 0 and f'{text}（译）' in done.stdout


def cuts_under_way(fleet, machines, cuts):
    """Each round: a file is accepted, a unit is typed, and somewhere the power fails."""
    typed = []
    began = time.monotonic()
    for cut in range(cuts):
        wait_for('the agent', lambda: fleet.user('li.wei', 'sync', 'status', check=False)
                 .returncode == 0)
        tmx = memory(f'{fleet.root}/memory.tmx', cut)
        fleet.user('li.wei', 'import', tmx, '--slice', SLICE)
        os.remove(tmx)  # what was accepted no longer needs it
        typed.append(type_unit(fleet, f'Typed{cut}end'))
        time.sleep(random.uniform(0, 0.7))
        victim = random.choice(machines)
        victim.cut_power()
        victim.daemon.start()
    units = cuts * UNITS_A_FILE + len(typed)
    for user in ('li.wei', 'chen.jie'):
        wait_for(f'{units} units at {user}', lambda: settled(fleet, user, units), 180, 0.2)
        missing = [text for text in typed if not has(fleet, user, text)]
        assert not missing, f'{user} has not {missing}'
    return units, time.monotonic() - began


def cut_off_line(fleet, li):
    """Nobody else has it: only the own disk can keep what was typed without a broker."""
    fleet.broker.kill()
    typed = [type_unit(fleet, f'Alone{i}end') for i in range(5)]
    li.cut_power()
    li.daemon.start()
    wait_for('the agent', lambda: fleet.user('li.wei', 'sync', 'status', check=False)
             .returncode == 0)
    missing = [text for text in typed if not has(fleet, 'li.wei', text)]
    assert not missing, f'lost while off line: {missing}'
    fleet.broker.start()
    wait_for('them at the other', lambda: all(has(fleet, 'chen.jie', text) for text in typed))


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument('bin')
    parser.add_argument('cuts', type=int)
    parser.add_argument('seed', type=int, nargs='?', default=1)
    parser.add_argument('--control', action='store_true')
    args = parser.parse_args()
    random.seed(args.seed)
    prefix = ['eatmydata'] if args.control else []
    machines = []
    found = None
    try:
        with Fleet(args.bin) as fleet:
            fleet.broker.prefix = prefix
            broker = Machine(fleet, fleet.broker, f'{fleet.root}/broker', 'server.db')
            machines.append(broker)
            broker.disk.mount()
            fleet.start_broker()
            for user in ('li.wei', 'chen.jie'):
                agent = fleet.add_agent(user, start=False)
                agent.prefix = prefix
                machines.append(Machine(fleet, agent, f'{fleet.root}/{user}/state', 'client.db'))
                machines[-1].disk.mount()
                agent.start()
                wait_for(f'{user} to be online', lambda: fleet.presence(user) == 'online')
                fleet.operator('clients', 'set', user, '--group', 'PRJ-1')
            try:
                units, seconds = cuts_under_way(fleet, machines, args.cuts)
                cut_off_line(fleet, machines[1])
                print(f'{args.cuts} + 1 cuts, {units} units at both agents: nothing lost, '
                      f'{seconds:.0f} s')
            except (AssertionError, sqlite3.Error) as error:
                found = error
                if not args.control:
                    raise
            finally:
                for daemon in (fleet.broker, *fleet.agents.values()):
                    daemon.kill()
                for machine in machines:
                    machine.disk.unmount()
    finally:
        for machine in machines:
            if os.path.ismount(machine.disk.folder):
                machine.disk.unmount()
    if args.control:
        print(f'the control found: {found}' if found else 'the control found nothing')
        sys.exit(0 if found else 1)


if __name__ == '__main__':
    main()
