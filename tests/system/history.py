#!/usr/bin/env python3
"""History data between real processes: import, synchronise, search, export; processes are killed
with -9 while they import, push and pull; broken files change nothing."""
import json
import os
import pty
import random
import re
import subprocess
import sys
import time

sys.path.insert(0, os.path.dirname(__file__))
from yizhan_fixture import Fleet, wait_for  # noqa: E402

UNITS = int(os.environ.get('YIZHAN_UNITS', '20000'))
SLICE = 'HL-GEAR/PRJ-1/en-US/zh-CN'
HEADER = ('<?xml version="1.0" encoding="UTF-8"?>\n<tmx version="1.4"><header creationtool="t" '
          'creationtoolversion="1" segtype="sentence" o-tmf="t" adminlang="en-US" srclang="en-US" '
          'datatype="plaintext"/><body>\n')


def unit(source, target, target_lang='zh-CN'):
    return (f'<tu creationid="li.wei" creationdate="20240301T080000Z"><tuv xml:lang="en-US"><seg>'
            f'{source}</seg></tuv><tuv xml:lang="{target_lang}"><seg>{target}</seg></tuv></tu>\n')


def write(path, text):
    with open(path, 'w', encoding='utf-8') as f:
        f.write(text)
    return path


def counts(fleet, user):
    status = fleet.ask(user, 'sync', 'status')
    slices = {s['name']: s for s in status['slices']}
    return status, slices.get(SLICE, {}).get('unit', 0)


def settled(fleet, user, units):
    try:
        status, count = counts(fleet, user)
    except Exception:  # the process has just been killed
        return False
    lag = sum(s['lag'] for s in status['slices'])
    return (count == units and lag == 0 and not status['imports'] and status['open']
            and status['backlog']['pushes'] == 0)


def refused(fleet, path, slice_name, *words):
    before = counts(fleet, 'li.wei')[1]
    done = fleet.user('li.wei', 'import', path, '--slice', slice_name, check=False)
    assert done.returncode != 0, done.stdout
    for word in words:
        assert word in done.stderr, f'{word!r} is not in: {done.stderr}'
    assert counts(fleet, 'li.wei')[1] == before
    assert os.listdir(f'{fleet.root}/li.wei/state/import') == []


def bad_files(fleet):
    def file(name, text):
        return write(f'{fleet.root}/{name}', text)
    good = unit('Fine', '好')
    refused(fleet, file('half.tmx', HEADER + good + '<tu><tuv xml:lang="en-US"><seg>Cut'), SLICE,
            'half.tmx:')
    refused(fleet, file('bomb.tmx', '<?xml version="1.0"?><!DOCTYPE tmx [<!ENTITY a "b">]>' +
                        HEADER[HEADER.index('<tmx'):] + good + '</body></tmx>'), SLICE, 'bomb.tmx:')
    refused(fleet, file('xxe.tmx', '<?xml version="1.0"?><!DOCTYPE tmx [<!ENTITY e SYSTEM '
                        '"file:///etc/passwd">]>' + HEADER[HEADER.index('<tmx'):] +
                        unit('&e;', 'x') + '</body></tmx>'), SLICE, 'xxe.tmx:')
    refused(fleet, file('long.tmx', HEADER + good + unit('L' * (64 * 1024 + 1), '长') +
                        '</body></tmx>'), SLICE, 'long.tmx:', 'unit 2')
    refused(fleet, file('text.txt', 'not a memory at all'), SLICE)
    refused(fleet, '/nowhere.tmx', SLICE, 'nowhere.tmx')
    refused(fleet, file('fine.tmx', HEADER + good + '</body></tmx>'), 'a//b', 'slice')
    # zh-TW does not get into a slice of zh-CN: left out, counted, said.
    done = fleet.user('li.wei', 'import',
                      file('tw.tmx', HEADER + unit('Taiwan', '臺灣', 'zh-TW') + '</body></tmx>'),
                      '--slice', SLICE)
    assert 'left out 1' in done.stdout, done.stdout


def follow(fleet, user, terminal):
    """`sync follow`, with a terminal as standard error or without: what it said there and its rows."""
    config = fleet.agents[user].config
    command = [f'{fleet.bin}/yizhan', '--json', '--config', config, 'sync', 'follow']
    if not terminal:
        done = subprocess.run(command, capture_output=True, text=True, timeout=120)
        assert done.returncode == 0, done.stderr
        return done.stderr, json.loads(done.stdout)
    ours, theirs = pty.openpty()
    program = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=theirs)
    os.close(theirs)
    said = b''
    while True:
        try:
            piece = os.read(ours, 4096)
        except OSError:  # the program has ended
            break
        if not piece:
            break
        said += piece
    os.close(ours)
    out = program.communicate(timeout=120)[0]
    assert program.returncode == 0, said
    return said.decode(), json.loads(out)


def first_sync_is_seen(fleet, units):
    """A new agent's first synchronisation has a bar on a terminal, and nowhere else."""
    fleet.add_agent('zhao.yi')
    fleet.operator('clients', 'set', 'zhao.yi', '--group', 'PRJ-1')
    wait_for('the news of it', lambda: counts(fleet, 'zhao.yi')[0]['slices'])
    said, status = follow(fleet, 'zhao.yi', terminal=True)
    assert status['slices'][0]['unit'] == units, status
    assert re.search(r'synchronising \[#* *\] +\d+ %', said), said
    assert said.endswith('\r\x1b[K'), said
    said, status = follow(fleet, 'zhao.yi', terminal=False)
    assert said == '' and status['slices'][0]['unit'] == units, (said, status)


def several_targets(fleet):
    """Each language pair of a file goes to its own slice of the project, and only there."""
    both = write(f'{fleet.root}/both.tmx', HEADER + '<tu><tuv xml:lang="en-US"><seg>Sprocket</seg></tuv>'
                 '<tuv xml:lang="zh-CN"><seg>链轮</seg></tuv><tuv xml:lang="de-DE"><seg>Kettenrad</seg>'
                 '</tuv></tu></body></tmx>')
    done = fleet.user('li.wei', 'import', both, '--slice', SLICE)
    assert 'left out 1: a target in de-DE' in done.stdout and 'unit 1' in done.stdout, done.stdout
    done = fleet.user('li.wei', 'import', both, '--slice', 'HL-GEAR/PRJ-1')
    for slice_name in (SLICE, 'HL-GEAR/PRJ-1/en-US/de-DE'):
        assert f'into {slice_name}: 1 records' in done.stdout, done.stdout
    wait_for('the German unit', lambda: [
        r['slice'] for r in fleet.ask('chen.jie', 'tm', 'search', 'Kettenrad')['records']] ==
        ['HL-GEAR/PRJ-1/en-US/de-DE'])
    assert [r['slice'] for r in fleet.ask('chen.jie', 'tm', 'search', '链轮')['records']] == [SLICE]


def main(bin_dir):
    random.seed(4)
    with Fleet(bin_dir) as fleet:
        fleet.start_broker()
        for user in ('li.wei', 'chen.jie', 'spy'):
            fleet.add_agent(user)
        for user in ('li.wei', 'chen.jie'):
            fleet.operator('clients', 'set', user, '--group', 'PRJ-1')
        tmx = write(f'{fleet.root}/memory.tmx', HEADER + ''.join(
            unit(f'Check gear number {i}.', f'检查第 {i} 号齿轮。') for i in range(UNITS)) +
            '</body></tmx>')
        started = time.monotonic()
        print(fleet.user('li.wei', 'import', tmx, '--slice', SLICE).stdout, end='')
        kills = 0
        while not (settled(fleet, 'li.wei', UNITS) and settled(fleet, 'chen.jie', UNITS)):
            if kills < 12:
                kills += 1
                victim = random.choice([fleet.broker, fleet.agents['li.wei'],
                                        fleet.agents['chen.jie']])
                time.sleep(random.uniform(0.05, 0.4))
                victim.kill()
                victim.start()
            time.sleep(0.2)
            assert time.monotonic() - started < 120, (counts(fleet, 'li.wei'),
                                                      counts(fleet, 'chen.jie'))
        print(f'{UNITS} units at both agents after {kills} kills, '
              f'{time.monotonic() - started:.1f} s')
        assert counts(fleet, 'spy')[1] == 0

        # A question overtakes an import that is on its way.
        big = write(f'{fleet.root}/big.tmx', HEADER + ''.join(
            unit(f'Big unit {i}.', f'大单元 {i}。') for i in range(3 * UNITS)) + '</body></tmx>')
        fleet.user('li.wei', 'import', big, '--slice', 'HL-GEAR/PRJ-1/en-US/zh-CN')
        write(f'{fleet.agents["li.wei"].inbox}/question.ini',
              '[yizhan]\nversion = 1\nkind = question\nid = 0190b3c9-11d0-7a0e-b6a1-7e0f9f3b5c22\n'
              'created = 2024-03-05T10:00:00+08:00\nrecipient = user:chen.jie\n[project]\n'
              'id = PRJ-1\nclient = HL-GEAR\n[question]\ncategory = terminology\n'
              'text = “breather plug” 以哪个为准？\n[end]\n')

        def question_there():
            found = fleet.ask('chen.jie', 'threads', 'search', '以哪个为准')['records']
            return found and counts(fleet, 'chen.jie')[1]
        units_then = wait_for('the question', question_there)
        print(f'the question was there when {units_then} of {4 * UNITS} units were')
        assert units_then < 4 * UNITS
        wait_for('the big import', lambda: settled(fleet, 'chen.jie', 4 * UNITS) and
                 settled(fleet, 'li.wei', 4 * UNITS), 120, 0.2)

        # One changed unit, seen by the other; by its Chinese words; the past is kept.
        found = fleet.ask('chen.jie', 'tm', 'search', '第 17 号齿轮')['records']
        assert len(found) == 1, found
        fleet.user('chen.jie', 'tm', 'edit', found[0]['id'], '请检查第 17 号齿轮。')
        wait_for('the change', lambda: fleet.ask('li.wei', 'tm', 'show', found[0]['id'])
                 ['fields']['target'] == '请检查第 17 号齿轮。')
        shown = fleet.ask('li.wei', 'tm', 'show', found[0]['id'])
        assert any(r['fields']['target'] == '检查第 17 号齿轮。' for r in shown['revisions']), shown

        # Out again, and in again: nothing new.
        out = f'{fleet.root}/out.tmx'
        fleet.user('chen.jie', 'export', out, '--slice', SLICE)
        with open(out, encoding='utf-8') as f:
            text = f.read()
        assert text.count('<tu ') == 4 * UNITS and '请检查第 17 号齿轮。' in text
        fleet.user('li.wei', 'import', out, '--slice', SLICE)
        wait_for('the re-import', lambda: settled(fleet, 'li.wei', 4 * UNITS), 60, 0.2)
        assert fleet.ask('li.wei', 'tm', 'show', found[0]['id'])['rev'] == shown['rev']

        first_sync_is_seen(fleet, 4 * UNITS)
        bad_files(fleet)
        assert fleet.user('li.wei', 'tm', 'show', '0' * 32, check=False).returncode == 1
        assert fleet.user('li.wei', 'tm', 'show', 'xyz', check=False).returncode != 0
        # Who has no right is told how to get one, and loses nothing.
        fleet.user('spy', 'tm', 'add', 'Spy', '间谍', '--slice', SLICE, '--from', 'en-US', '--to',
                   'zh-CN')
        parked = wait_for('the refusal', lambda: fleet.ask('spy', 'sync', 'parked')['parked'])
        assert 'slices allow' in parked[0]['reason'], parked
        fleet.operator('slices', 'allow', 'HL-GEAR/PRJ-1', 'user:spy', 'write')
        fleet.user('spy', 'sync', 'retry', str(parked[0]['n']))
        wait_for('his unit', lambda: fleet.ask('li.wei', 'tm', 'search', '间谍')['records'])
        several_targets(fleet)
    print('history: all right')


if __name__ == '__main__':
    main(sys.argv[1])
