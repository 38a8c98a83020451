#!/usr/bin/env python3
"""A memory of N units with real processes: imported at one agent, synchronised to a new one, then
one unit changed. Prints units a second beside bare SQLite inserts of the same rows (the limit)."""
import os
import resource
import sqlite3
import subprocess
import sys
import time

sys.path.insert(0, os.path.join(os.path.dirname(__file__), '..', 'tests', 'system'))
from yizhan_fixture import Fleet, wait_for  # noqa: E402
from history import HEADER, SLICE, counts, settled, unit, write  # noqa: E402

COMMIT = 8000


def rss_mib(pid):
    with open(f'/proc/{pid}/status') as f:
        return next(int(line.split()[1]) / 1024 for line in f if line.startswith('VmRSS'))


def peak_mib(pid):
    with open(f'/proc/{pid}/status') as f:
        return next(int(line.split()[1]) / 1024 for line in f if line.startswith('VmHWM'))


def bare_sqlite(path, units):
    """Rows a second with as many columns and bytes as a unit has, an index of random ids, and a
    durable commit for as many as the agent takes in one."""
    db = sqlite3.connect(path, isolation_level=None)
    for pragma in ('page_size=4096', 'locking_mode=EXCLUSIVE', 'journal_mode=WAL',
                   'synchronous=FULL', 'cache_size=-65536', 'wal_autocheckpoint=12000'):
        db.execute(f'PRAGMA {pragma}')
    texts = ', '.join(f't{i} TEXT NOT NULL' for i in range(22))
    numbers = ', '.join(f'i{i} INTEGER NOT NULL' for i in range(9))
    db.execute(f'CREATE TABLE unit (n INTEGER PRIMARY KEY, id BLOB NOT NULL UNIQUE, {numbers}, '
               f'{texts}) STRICT')
    row = f'INSERT INTO unit VALUES ({", ".join("?" * 33)})'
    made = written = 0.0
    while made < units:
        rows = [(None, os.urandom(16), 1, i, 1, 0, 0, 0, 0, 1, 0x123456789ABCDEF, 'en-US', 'zh-CN',
                 f'Check gear number {i}.', '', '', '', f'检查第 {i} 号齿轮。', '', 'li.wei',
                 '2024-03-01T08:00:00Z', 'translated', '', 'import', 'li.wei',
                 '2024-03-01T08:00:00Z', '', '', '', '', '', '', '')
                for i in range(int(made), int(made) + COMMIT)]
        started = time.monotonic()
        db.execute('BEGIN')
        db.executemany(row, rows)
        db.execute('COMMIT')
        written += time.monotonic() - started
        made += COMMIT
    return made / written


class Answers:
    """How long the agent lets a person wait while it works: the longest of the questions below."""

    def __init__(self, fleet, user):
        self.fleet, self.user, self.longest = fleet, user, 0.0

    def status(self):
        started = time.monotonic()
        status = self.fleet.ask(self.user, 'sync', 'status')
        self.longest = max(self.longest, time.monotonic() - started)
        return status


def main(bin_dir, units):
    with Fleet(bin_dir) as fleet:
        fleet.start_broker()
        fleet.add_agent('li.wei')
        fleet.operator('clients', 'set', 'li.wei', '--group', 'PRJ-1')
        tmx = f'{fleet.root}/memory.tmx'
        with open(tmx, 'w', encoding='utf-8') as f:
            f.write(HEADER)
            for i in range(units):
                f.write(unit(f'Check gear number {i}.', f'检查第 {i} 号齿轮。'))
            f.write('</body></tmx>')
        started = time.monotonic()
        subprocess.run([f'{bin_dir}/yizhan', '--config', fleet.agents['li.wei'].config, 'import',
                        tmx, '--slice', SLICE], check=True, stdout=subprocess.DEVNULL)
        read = time.monotonic() - started
        answers = Answers(fleet, 'li.wei')
        wait_for('the import', lambda: not answers.status()['imports'], 900, 0.05)
        taken = time.monotonic() - started
        reader = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss / 1024
        print(f'import: read {units / read:.0f} units/s, in the database {units / taken:.0f} '
              f'(goal 40000); the reader has {reader:.0f} MiB at most, the agent '
              f"{peak_mib(fleet.agents['li.wei'].process.pid):.0f} (goal 128); a question waits "
              f'{answers.longest * 1000:.0f} ms at most')
        started = time.monotonic()
        wait_for('the push', lambda: settled(fleet, 'li.wei', units), 900, 0.2)
        print(f'push: {units / (time.monotonic() - started):.0f} units/s')
        fleet.add_agent('chen.jie')
        started = time.monotonic()
        fleet.operator('clients', 'set', 'chen.jie', '--group', 'PRJ-1')
        answers = Answers(fleet, 'chen.jie')

        def there():
            slices = answers.status()['slices']
            return slices and sum(one['lag'] for one in slices) == 0
        time.sleep(0.2)
        wait_for('the first sync', there, 900, 0.05)
        first = units / (time.monotonic() - started)
        assert counts(fleet, 'chen.jie')[1] == units
        limit = bare_sqlite(f'{fleet.root}/bare.db', units)
        print(f'first sync to a new agent: {first:.0f} units/s (goal 50000); bare SQLite insert '
              f'{limit:.0f}: {first / limit:.2f}; a question waits {answers.longest * 1000:.0f} ms '
              f"at most; the agent has {peak_mib(fleet.agents['chen.jie'].process.pid):.0f} MiB at "
              'most')
        found = fleet.ask('li.wei', 'tm', 'list', '--limit', '1')['records']
        median, p95, question = subprocess.run(
            [f'{bin_dir}/changed_unit', fleet.agents['li.wei'].config,
             fleet.agents['chen.jie'].config, found[0]['id'], '200'],
            check=True, text=True, stdout=subprocess.PIPE).stdout.split()
        print(f'one changed unit among {units}: in the other agent\'s database after {median} ms '
              f'(median of 200; 95 of 100 after {p95}; a question takes {question} us) (goal 20)')
        time.sleep(10)
        for user in ('li.wei', 'chen.jie'):
            print(f'{user}: {rss_mib(fleet.agents[user].process.pid):.1f} MiB resident after 10 s '
                  '(goal 32)')
        print(f'broker: {rss_mib(fleet.broker.process.pid):.1f} MiB resident')


if __name__ == '__main__':
    main(os.path.abspath(sys.argv[1]), int(sys.argv[2]) if len(sys.argv) > 2 else 1000000)
