#!/usr/bin/env python3
"""Tasks flow from one agent through the broker to another agent's handler, while all three are
killed with -9 at random. Nothing accepted may be lost, no handler may run twice for one task, and a
rule that fires on every task must have fired on each exactly once, with one notice. Every tenth task
is watched by two presets, so that timers run all the while: what one waits for never comes, and each
of its turns must be taken once; the other is answered by the handler's end, and then must be silent.

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
max_fires = 1
do.1 = notify recipient=user:receiver text=${id}
do.2 = set_flag flag=told

[preset unanswered]
for.kind = task
for.job.type = review
expect = replied
interval = 1s
duration = 3s
catch_up = all
on_interval.1 = notify recipient=user:sender text=${id}
on_expire.1 = notify recipient=user:sender text=${id}
escalate.1 = after=1s recipient=user:sender

[preset answered]
for.kind = task
for.job.type = review
expect = done
interval = 1s
duration = 3s
catch_up = all
on_interval.1 = notify recipient=user:sender text=${id}
on_expire.1 = notify recipient=user:sender text=${id}
'''
WATCHED = 10  # one task in so many
ACTIVATED, EXPIRED = 1, 2  # states of a probe
REVIEW = {'id': 'J-1', 'type': 'review', 'source_lang': 'en-US', 'target_lang': 'zh-CN',
          'due': '2027-03-06T18:00:00+08:00'}

with tempfile.TemporaryDirectory() as rules, Fleet(sys.argv[1], rules=f'{rules}/tell.ini') as fleet:
    with open(f'{rules}/tell.ini', 'w') as f:
        f.write(RULE)
    fleet.start_broker()
    effects = f'{fleet.root}/effects'
    handler = f'{fleet.root}/append'
    with open(handler, 'w') as f:
        f.write(f'#!/bin/sh\necho "$1" >> {effects}\n')
    os.chmod(handler, 0o755)
    # Some answers take as long as a timer.
    slow = f'{fleet.root}/slow'
    with open(slow, 'w') as f:
        f.write(f'#!/bin/sh\ncase "$1" in *[08]) sleep 1.05;; esac\nexec {handler} "$1"\n')
    os.chmod(slow, 0o755)
    sender = fleet.add_agent('sender')
    receiver = fleet.add_agent(
        'receiver', 'max_handlers = 8\n'
        f'[handler slow]\nwhen.kind = task\nwhen.job.type = review\nrun = {slow} {{id}}\n'
        f'[handler append]\nwhen.kind = task\nrun = {handler} {{id}}\n')

    ids = []
    dropped = threading.Event()
    killed = threading.Event()

    def drop():
        # Spread over the time of the killing, so that kills meet work.
        for n in range(tasks):
            if n % 50 == 0 and not killed.is_set():
                time.sleep(0.25 * kills / max(1, tasks / 50))
            # How it goes is reported of those that are watched.
            id, text = task_text('user:receiver', ack='accepted', job=REVIEW) if n % WATCHED == 0 \
                else task_text('user:receiver')
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
    # The last one killed may be the broker, which then still comes up.
    fleet.wait_for_broker()

    def settled():
        there = fleet.ask('receiver', 'status')
        # Each task brings a notice of the rule with it.
        return (there['ledger']['received'] >= 2 * tasks and there['outbox'] == 0 and
                there['handlers']['running'] + there['handlers']['waiting'] == 0)

    wait_for('every task to end', settled, seconds=300, every=0.5)
    wait_for('every probe to end', lambda: not json.loads(
        fleet.operator('probes', 'list', '--state', 'waiting', '--json').stdout)['probes'])
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
    def server(sql):
        return fleet.rows('broker/server.db', sql)

    def notices_to(user):
        return dict(server(
            'SELECT lower(hex(m.in_reply_to)), COUNT(*) FROM message m JOIN delivery d ON'
            ' d.message = m.seq JOIN client c ON c.id = d.client WHERE m.sender = 0 AND m.kind = 9'
            f" AND d.cause <> 'receipt' AND c.user = '{user}' GROUP BY m.in_reply_to"))

    fired, subjects = server(
        "SELECT COUNT(*), COUNT(DISTINCT message) FROM firing WHERE rule = 'tell'")[0]
    notices = notices_to('receiver')
    told = server("SELECT COUNT(*) FROM message_flag WHERE flag = 'told'")[0][0]
    print(f'fired {fired} times on {subjects} tasks, {sum(notices.values())} notices about '
          f'{len(notices)} tasks, {told} flags')
    assert fired == subjects == told == tasks
    assert set(notices) == expected and set(notices.values()) == {1}

    # A turn is recorded under its probe's number; each has sent one notice.
    turns = collections.defaultdict(set)
    for probe, rule in server("SELECT version, rule FROM firing WHERE rule LIKE 'preset/% %'"):
        turns[probe].add(rule.split(' ', 1)[1])
    probes = server('SELECT id, preset, state FROM probe')
    ends = collections.Counter((preset, state) for _, preset, state in probes)
    watched = (tasks + WATCHED - 1) // WATCHED
    print(f'probes by preset and state {dict(ends)}, {sum(map(len, turns.values()))} turns')
    assert ends[('unanswered', EXPIRED)] == watched
    assert ends[('answered', EXPIRED)] + ends[('answered', ACTIVATED)] == watched
    assert ends[('answered', ACTIVATED)] > 0
    for probe, preset, state in probes:
        if preset == 'unanswered':
            assert turns[probe] == {'interval 1', 'interval 2', 'expiry', 'escalation 1'}, turns[probe]
    by_task = dict(server("SELECT lower(hex(m.id)), COUNT(*) FROM firing f JOIN message m ON"
                          " m.seq = f.message WHERE f.rule LIKE 'preset/% %' GROUP BY m.id"))
    assert by_task == notices_to('sender')
    late = server("SELECT COUNT(*) FROM firing f JOIN probe p ON p.id = f.version WHERE f.rule LIKE"
                  f" 'preset/answered %' AND p.state = {ACTIVATED} AND f.fired_us > p.ended_us")
    assert late[0][0] == 0, late
print('0 lost, 0 effects twice, every rule and every turn once, none after its answer')
