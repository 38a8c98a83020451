#!/usr/bin/env python3
"""Tasks flow from one agent through the broker to another agent's handler, while all three are
killed with -9 at random. Nothing accepted may be lost, no handler may run twice for one task, and a
rule that fires on every task must have fired on each exactly once, with one notice.

usage: kill9.py BIN_DIR [TASKS=10000] [KILLS=200 of the broker, and as many of the agents] [SEED]
The handler appends the task's id to a file outside; a task whose handler was cut off is reported
as interrupted and is neither lost nor run again."""
import collections
import json
import os
import random
import sys
import tempfile
import threading
import time

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from yizhan_fixture import Fleet, task_text, wait_for

tasks = int(sys.argv[2]) if len(sys.argv) > 2 else 10_000
kills = int(sys.argv[3]) if len(sys.argv) > 3 else 200
seed = int(sys.argv[4]) if len(sys.argv) > 4 else 1
rnd = random.Random(seed)
print(f'seed {seed}: {tasks} tasks, {kills} kills of the broker and {kills} of the agents')

RULE = '''[data-state tell]
when.kind = task
do.1 = notify recipient=user:receiver text=${id}
do.2 = set_flag flag=told
'''

with tempfile.TemporaryDirectory() as rules, Fleet(sys.argv[1], rules=f'{rules}/tell.ini') as fleet:
    with open(f'{rules}/tell.ini', 'w') as f:
        f.write(RULE)
    fleet.start_broker()
    effects = f'{fleet.root}/effects'
    handler = f'{fleet.root}/append'
    with open(handler, 'w') as f:
        f.write(f'#!/bin/sh\necho "$1" >> {effects}\n')
    os.chmod(handler, 0o755)
    sender = fleet.add_agent('sender')
    receiver = fleet.add_agent(
        'receiver', f'max_handlers = 8\n[handler append]\nwhen.kind = task\nrun = {handler} {{id}}\n')

    ids = []
    dropped = threading.Event()
    killed = threading.Event()

    def drop():
        # Spread over the time of the killing, so that kills meet work.
        for n in range(tasks):
            if n % 50 == 0 and not killed.is_set():
                time.sleep(0.25 * kills / max(1, tasks / 50))
            id, text = task_text('user:receiver')
            temporary = f'{sender.inbox}/.t{n}'
            with open(temporary, 'w') as f:
                f.write(text)
            os.rename(temporary, f'{sender.inbox}/t{n}.ini')
            ids.append(id)
        dropped.set()

    thread = threading.Thread(target=drop)
    thread.start()
    victims = [fleet.broker] * kills + [rnd.choice([sender, receiver]) for _ in range(kills)]
    rnd.shuffle(victims)
    for victim in victims:
        time.sleep(rnd.uniform(0.02, 0.35))
        victim.kill()
        time.sleep(rnd.uniform(0, 0.05))
        victim.start()
    killed.set()
    thread.join()
    print('killed and dropped; waiting for the rest to flow')

    def settled():
        there = fleet.ask('receiver', 'status')
        # Each task brings a notice of the rule with it.
        return (there['ledger']['received'] >= 2 * tasks and there['outbox'] == 0 and
                there['handlers']['running'] + there['handlers']['waiting'] == 0)

    wait_for('every task to end', settled, seconds=300, every=0.5)
    for who in ('sender', 'receiver'):
        ledger = fleet.ask(who, 'ledger')
        assert ledger['balanced'], ledger
    ledger = json.loads(fleet.operator('ledger', '--json').stdout)
    assert ledger['balanced'], ledger
    # A running agent holds its database alone.
    sender.stop()
    receiver.stop()

    arrived = {row[0] for row in fleet.rows('receiver/state/client.db',
                                            'SELECT lower(hex(id)) FROM incoming WHERE kind = 1')}
    interrupted = {row[0] for row in fleet.rows(
        'receiver/state/client.db',
        'SELECT lower(hex(id)) FROM incoming WHERE kind = 1 AND state = 5')}
    failed = fleet.rows('receiver/state/client.db',
                        'SELECT count(*) FROM incoming WHERE kind = 1 AND state = 4')[0][0]
    with open(effects) as f:
        ran = collections.Counter(line.strip().replace('-', '') for line in f)
    expected = {id.replace('-', '') for id in ids}
    lost = expected - arrived
    twice = [id for id, count in ran.items() if count > 1]
    without = [id for id in expected - set(ran) if id not in interrupted]
    print(f'arrived {len(arrived)}, ran {len(ran)}, interrupted {len(interrupted)}, failed {failed}')
    print(f'lost {len(lost)}, effects twice {len(twice)}, neither run nor reported {len(without)}')
    assert not lost and not twice and not without and failed == 0
    assert len(arrived) == tasks

    fleet.broker.stop()
    fired, subjects = fleet.rows(
        'broker/server.db', "SELECT COUNT(*), COUNT(DISTINCT message) FROM firing WHERE rule = 'tell'")[0]
    notices = dict(fleet.rows(
        'broker/server.db', 'SELECT lower(hex(in_reply_to)), COUNT(*) FROM message'
        ' WHERE sender = 0 AND kind = 9 GROUP BY in_reply_to'))
    told = fleet.rows('broker/server.db', "SELECT COUNT(*) FROM message_flag WHERE flag = 'told'")[0][0]
    print(f'fired {fired} times on {subjects} tasks, {sum(notices.values())} notices about '
          f'{len(notices)} tasks, {told} flags')
    assert fired == subjects == told == tasks
    assert set(notices) == expected and set(notices.values()) == {1}
print('0 lost, 0 effects twice, every rule once')
