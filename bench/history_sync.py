#!/usr/bin/env python3
"""A memory of N units with real processes: imported at one agent, synchronised to a new one, then one
unit changed. Prints units a second beside bare SQLite inserts of the same texts (the limit)."""
import os
import sqlite3
import subprocess
import sys
import time

sys.path.insert(0, os.path.join(os.path.dirname(__file__), '..', 'tests', 'system'))
from yizhan_fixture import Fleet, wait_for  # noqa: E402
from history import HEADER, SLICE, counts, settled, unit, write  # noqa: E402


def rss_mib(pid):
    with open(f'/proc/{pid}/status') as f:
        return next(int(line.split()[1]) / 1024 for line in f if line.startswith('VmRSS'))


def bare_sqlite(path, units):
    db = sqlite3.connect(path)
    db.execute('PRAGMA journal_mode=WAL')
    db.execute('PRAGMA synchronous=FULL')
    db.execute('CREATE TABLE unit (n INTEGER PRIMARY KEY, id BLOB UNIQUE, s TEXT, t TEXT)')
    rows = [(os.urandom(16), f'Check gear number {i}.', f'检查第 {i} 号齿轮。') for i in range(units)]
    started = time.monotonic()
    for at in range(0, units, 1000):
        with db:
            db.executemany('INSERT INTO unit (id, s, t) VALUES (?, ?, ?)', rows[at:at + 1000])
    return units / (time.monotonic() - started)


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
        wait_for('the import', lambda: not fleet.ask('li.wei', 'sync', 'status')['imports'], 900,
                 0.05)
        taken = time.monotonic() - started
        wait_for('the push', lambda: settled(fleet, 'li.wei', units), 900, 0.2)
        pushed = time.monotonic() - started
        print(f'import: read {units / read:.0f} units/s, in the database {units / taken:.0f}, '
              f'on the server {units / pushed:.0f}')
        fleet.add_agent('chen.jie')
        started = time.monotonic()
        fleet.operator('clients', 'set', 'chen.jie', '--group', 'PRJ-1')
        def there():
            status = fleet.ask('chen.jie', 'sync', 'status')
            return sum(s['lag'] for s in status['slices']) == 0 and status['slices']
        time.sleep(0.2)
        wait_for('the first sync', there, 900, 0.05)
        first = units / (time.monotonic() - started)
        assert counts(fleet, 'chen.jie')[1] == units
        limit = bare_sqlite(f'{fleet.root}/bare.db', min(units, 300000))
        print(f'first sync to a new agent: {first:.0f} units/s (goal 50000); bare SQLite insert '
              f'{limit:.0f}: {first / limit:.2f}')
        found = fleet.ask('li.wei', 'records' if False else 'tm', 'list', '--limit', '1')['records']
        latencies = []
        for i in range(15):
            text = f'改动 {i}'
            started = time.monotonic()
            fleet.user('li.wei', 'tm', 'edit', found[0]['id'], text)
            said = time.monotonic()
            wait_for('the change', lambda: fleet.ask('chen.jie', 'tm', 'show', found[0]['id'])
                     ['fields']['target'] == text, 30, 0)
            latencies.append((time.monotonic() - said) * 1000)
        started = time.monotonic()
        fleet.ask('chen.jie', 'tm', 'show', found[0]['id'])
        asking = (time.monotonic() - started) * 1000
        latencies.sort()
        print(f'one changed unit among {units}: seen by the other agent within '
              f'{latencies[len(latencies) // 2]:.1f} ms (median; asking alone takes {asking:.1f} ms)'
              f' (goal 20)')
        time.sleep(10)
        for user in ('li.wei', 'chen.jie'):
            print(f'{user}: {rss_mib(fleet.agents[user].process.pid):.1f} MiB resident after 10 s')
        print(f'broker: {rss_mib(fleet.broker.process.pid):.1f} MiB resident')


if __name__ == '__main__':
    main(os.path.abspath(sys.argv[1]), int(sys.argv[2]) if len(sys.argv) > 2 else 1000000)
