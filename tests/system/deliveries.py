#!/usr/bin/env python3
"""The shipped rows on checks and deliveries with real processes: a program judges a translation, and
a delivery is kept back until what must be followed was read."""
import json
import os
import shutil
import sys
import tempfile

sys.path.insert(0, os.path.dirname(__file__))
from yizhan_fixture import Fleet, task_text, wait_for  # noqa: E402

OFF = '[data-state translated-is-checked]\nenabled = no\n'


def tables(folder):
    """The shipped tables with the check switched on."""
    rules = f'{folder}/rules'
    shutil.copytree('config/rules', rules)
    with open(f'{rules}/jobs.ini', encoding='utf-8') as f:
        jobs = f.read()
    assert OFF in jobs
    with open(f'{rules}/jobs.ini', 'w', encoding='utf-8') as f:
        f.write(jobs.replace(OFF, OFF.replace('enabled = no\n', '')))
    return rules


def drop(fleet, user, text):
    agent = fleet.agents[user]
    name = f'{fleet.root}/dropped.ini'
    with open(name, 'w', encoding='utf-8') as f:
        f.write(text)
    os.rename(name, f'{agent.inbox}/{len(os.listdir(agent.inbox))}.ini')


def state(fleet, task):
    return json.loads(fleet.operator('tasks', 'show', task, '--json').stdout)['state']


def texts(fleet, user):
    """Of the receipts that `user` got."""
    rows = fleet.ask(user, 'tasks', 'list', '--direction', 'in')['tasks']
    return '\n'.join(fleet.ask(user, 'tasks', 'show', row['id'])['text']
                     for row in rows if row['kind'] == 'receipt')


def main(bin_dir):
    with tempfile.TemporaryDirectory(prefix='yizhan-rules.') as folder:
        with Fleet(bin_dir, rules=tables(folder)) as fleet:
            target = f'{fleet.root}/target.txt'
            check = f'{fleet.root}/check'
            with open(check, 'w') as f:
                f.write(f'#!/bin/sh\ngrep -n TODO {target} && exit 1\nexit 0\n')
            os.chmod(check, 0o755)
            with open(fleet.broker_config, 'a') as f:
                f.write(f'\n[program qa]\nrun = {check}\n')
            fleet.start_broker()
            fleet.add_agent('pm')
            fleet.add_agent('li.wei')
            fleet.operator('clients', 'set', 'pm', '--role', 'pm')
            task, text = task_text('user:li.wei')
            drop(fleet, 'pm', text)
            wait_for('the task', lambda: fleet.ask('li.wei', 'tasks', 'list', '--direction', 'in')
                     ['tasks'])

            def translated(words):
                with open(target, 'w', encoding='utf-8') as f:
                    f.write(words)
                drop(fleet, 'li.wei', task_text('user:pm', kind='status', status={
                    'state': 'translated'})[1].replace(
                        'recipient =', f'in_reply_to = {task}\nrecipient ='))
            translated('打开。\nTODO\n')
            wait_for('the check to fail', lambda: state(fleet, task) == 'rework')
            wait_for('its output', lambda: '2:TODO' in texts(fleet, 'li.wei'))
            translated('打开。\n关闭。\n')
            wait_for('the check to pass', lambda: state(fleet, task) == 'self_checked')

            guidance, text = task_text('user:li.wei', kind='guidance', project={'id': 'P-1'},
                                       guidance={'topic': 'style', 'text': '用全角标点。',
                                                 'must_follow': 'yes'})
            drop(fleet, 'pm', text)
            wait_for('the guidance', lambda: guidance in fleet.user(
                'li.wei', 'tasks', 'list', '--direction', 'in', '--json').stdout)
            fleet.user('li.wei', 'deliver', task, target)
            wait_for('the word that it is kept back', lambda: 'has not been opened' in texts(
                fleet, 'li.wei'))
            assert state(fleet, task) == 'self_checked'
            shown = wait_for('the task to be in progress again', lambda: (
                row := fleet.ask('li.wei', 'tasks', 'show', task))['state'] == 'in_progress' and row)
            assert shown['reason'].startswith('delivery not accepted'), shown
            for row in fleet.ask('pm', 'tasks', 'list', '--direction', 'in')['tasks']:
                got = fleet.ask('pm', 'tasks', 'show', row['id'])['text']
                assert 'target.txt' not in got, got
            fleet.user('li.wei', 'report', guidance, 'opened')
            answer = fleet.ask('li.wei', 'deliver', task, target)
            assert answer['again'] is False, answer
            wait_for('the delivery', lambda: state(fleet, task) == 'delivered')
            fleet.user('pm', 'report', task, 'approved')
            wait_for('its approval', lambda: state(fleet, task) == 'approved')
            ledger = json.loads(fleet.operator('ledger', '--json').stdout)
            assert ledger['balanced'], ledger
    print('ok: checked by a program, kept back until the guidance was read, delivered, approved')


if __name__ == '__main__':
    main(sys.argv[1])
