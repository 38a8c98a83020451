#!/usr/bin/env python3
"""Two translators with the real OmegaT, each with an agent: what one types reaches the other's open
project without a restart, terms and answers too, and nobody is interrupted by a dialog.
usage: omegat.py BIN_DIR [SCREENSHOT_FOLDER]"""
import json
import os
import shutil
import sys
import time

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from omegat_fixture import JAVA, OmegaT, missing, translate_without_screen
from yizhan_fixture import Fleet, task_text, wait_for

SLICE = 'HL-GEAR/PRJ-1/en-US/zh-CN'
SOURCE = 'Open the gearbox cover.\n\nDo not open the oil filter.\n\nThe pump is running.\n'
RULES = os.path.join(os.path.dirname(os.path.abspath(__file__)), '../../config/rules')
PUSH = 40  # seconds: two agents, a broker, and at most one push in 15 s


def read(path):
    try:
        with open(path, encoding='utf-8') as f:
            return f.read()
    except FileNotFoundError:
        return ''


def wait_for_text(path, text, seconds=PUSH):
    wait_for(f'{text!r} in {path}', lambda: text in read(path), seconds, 0.2)


def grant(fleet, user):
    fleet.operator('slices', 'allow', 'HL-GEAR', f'user:{user}', 'write')


def add_translator(fleet, user, other, more='', own=''):
    project = f'{fleet.root}/{user}/gear'
    fleet.add_agent(user, extra=f'{own}[project gear]\npath = {project}\nslice = {SLICE}\n'
                                f'create = yes\nquestions_to = user:{other}\n'
                                f'users = {user} = {user}\n' + more)
    wait_for('the project to be made', lambda: os.path.exists(f'{project}/omegat.project'))
    with open(f'{project}/source/a.txt', 'w') as f:
        f.write(SOURCE)
    return project


class Pictures:
    def __init__(self, folder):
        self.folder = folder
        if folder:
            os.makedirs(folder, exist_ok=True)

    def take(self, omegat, name):
        if self.folder:
            omegat.screen.picture(f'{self.folder}/{name}.png')


def check_dialogs(*programs):
    for program in programs:
        assert program.only_main_window() is True, f'a dialog: {program.screen.titles()}'


def term_reaches(li, wang, li_project, wang_project, pictures):
    """What OmegaT's own "Create Glossary Entry" appends."""
    with open(f'{wang_project}/glossary/glossary.txt', 'a', encoding='utf-8') as f:
        f.write('gearbox\t齿轮箱\t不是变速箱\n')
    wait_for_text(f'{li_project}/glossary/yizhan/HL-GEAR.utf8', '齿轮箱')
    li.into_editor()
    time.sleep(2.5)
    pictures.take(li, '1-term-in-open-project')


def translation_reaches(li, wang, li_project, wang_project, pictures):
    """wang types; li takes it over from the open project's matches, changes it; wang gets that."""
    wang.into_editor()
    wang.keys('ctrl+n', 'ctrl+n')
    wang.keys('ctrl+a')
    wang.type('PUMP LAEUFT')
    wang.save()
    assert 'PUMP LAEUFT' in wang.memory()
    hot = f'{li_project}/tm/yizhan/hot.tmx'
    wait_for_text(hot, 'PUMP LAEUFT')
    time.sleep(2.5)  # OmegaT looks once a second
    li.into_editor()
    li.keys('ctrl+n', 'ctrl+n', pause=1.5)
    pictures.take(li, '2-match-from-the-colleague')
    li.keys('ctrl+r')
    li.type(' GUT')
    pictures.take(li, '3-taken-over-and-changed')
    li.save()
    saved = li.memory()
    assert 'PUMP LAEUFT' in saved and 'GUT' in saved, saved
    wait_for_text(f'{wang_project}/tm/yizhan/hot.tmx', 'GUT')
    # wang's own text is still his: nothing of his typing was touched.
    assert 'GUT' not in wang.memory()


def unit(fleet, user, source):
    """What the user's agent has of the unit: revision and who wrote it."""
    found = [one for one in fleet.ask(user, 'tm', 'search', source)['records']
             if one['fields']['source'] == source]
    return [(one['rev'], one['fields']['changer']) for one in found]


def typing_is_not_disturbed(li, wang, li_project, pictures):
    """A memory that comes in the midst of a sentence takes no letter of it."""
    wang.into_editor()
    wang.keys('ctrl+p', 'ctrl+p', 'ctrl+a')
    wang.type('GEHAEUSEDECKEL OEFFNEN')
    sentence = 'den oelfilter auf keinen fall oeffnen, auch nicht kurz'
    li.into_editor()
    li.keys('ctrl+p', 'ctrl+a')
    wang.save()
    hot = f'{li_project}/tm/yizhan/hot.tmx'
    typed = 0
    while 'GEHAEUSEDECKEL' not in read(hot) and typed < len(sentence) - 12:
        li.type(sentence[typed])
        typed += 1
    wait_for_text(hot, 'GEHAEUSEDECKEL')
    for letter in sentence[typed:]:  # for as long as OmegaT needs to see and load it
        li.type(letter)
    pictures.take(li, '5-typed-while-a-memory-came')
    li.save()
    assert sentence in li.memory(), li.memory()


def refill_is_no_edit(fleet, li, li_project, pictures):
    """OmegaT fills a segment by itself: that is the colleague's work, and nobody's edit."""
    source = 'Open the gearbox cover.'
    assert source not in li.memory()
    shutil.copy(f'{li_project}/tm/yizhan/hot.tmx', f'{li_project}/.yizhan/tmp/auto.tmx')
    os.makedirs(f'{li_project}/tm/auto', exist_ok=True)
    os.rename(f'{li_project}/.yizhan/tmp/auto.tmx', f'{li_project}/tm/auto/auto.tmx')
    time.sleep(3)
    li.into_editor()
    li.keys('ctrl+n', 'End')
    li.type(' SO')  # OmegaT saves only when a person has changed something
    li.save()
    pictures.take(li, '6-filled-from-tm-auto')
    assert 'GEHAEUSEDECKEL' in li.memory(), li.memory()
    time.sleep(3)
    for user in ('li.wei', 'wang.fang'):
        rows = unit(fleet, user, source)
        assert rows == [(1, 'wang.fang')], rows


def question_is_answered(fleet, li, li_project, pictures):
    """A note in the Notes pane, and the answer in the Glossary pane."""
    li.into_editor()
    li.keys('ctrl+p', pause=1)
    write_note(li, '? which filter')
    li.into_editor()
    li.keys('ctrl+p', pause=1)
    li.save()
    assert '? which filter' in li.memory(), li.memory()
    inbox = f'{fleet.root}/wang.fang/state/inbox'

    def question():
        for id in os.listdir(inbox) if os.path.isdir(inbox) else []:
            if 'which filter' in read(f'{inbox}/{id}/question.ini'):
                return id
        return None
    about = wait_for('the question to arrive', question, PUSH)
    text = read(f'{inbox}/{about}/question.ini')
    assert 'Do not open the oil filter.' in text, text
    _, reply = task_text('user:li.wei', kind='reply', reply={'decision': 'answered',
                                                            'text': '机油滤清器'})
    reply = reply.replace('ack = none\n', f'ack = none\nin_reply_to = {about}\n')
    with open(f'{fleet.root}/wang.fang/inbox/reply.ini', 'w', encoding='utf-8') as f:
        f.write(reply)
    wait_for_text(f'{li_project}/glossary/yizhan/-answers.utf8', '机油滤清器')
    li.into_editor()
    li.keys('ctrl+n')
    time.sleep(2.5)
    pictures.take(li, '4-answer-in-the-glossary')


def write_note(omegat, text):
    """Docks the Notes pane, which is folded away at first, and writes into it."""
    omegat.click(*NOTES_TAB)
    time.sleep(1)
    omegat.click(*NOTES_DOCK)
    omegat.click(*NOTES_PANE)
    omegat.type(text)


NOTES_TAB = (465, 651)
NOTES_DOCK = (640, 616)
NOTES_PANE = (540, 600)


def documents_are_seen(fleet, li, li_project):
    li.into_editor()
    li.keys('ctrl+d')
    wait_for_text(f'{fleet.root}/li.wei.log', 'the translated documents are complete', 20)
    assert 'GUT' in read(f'{li_project}/target/a.txt')


def works_in_console_mode(fleet, li_project):
    """A memory as our writer makes it, where OmegaT takes it over by itself."""
    copy = f'{fleet.root}/copy'
    shutil.copytree(li_project, copy)
    os.remove(f'{copy}/omegat/project_save.tmx')
    shutil.rmtree(f'{copy}/tm/auto')
    os.makedirs(f'{copy}/tm/auto')
    os.rename(f'{copy}/tm/yizhan/hot.tmx', f'{copy}/tm/auto/hot.tmx')
    done = translate_without_screen(copy, f'{fleet.root}/console')
    assert done.returncode == 0, done.stdout + done.stderr
    assert 'GUT' in read(f'{copy}/target/a.txt'), read(f'{copy}/target/a.txt')


def task_becomes_a_project(fleet, li_project):
    """Its handler opens it with the real OmegaT, which finds all that it needs."""
    task, text = task_text('user:li.wei', ack='accepted',
                           project={'id': 'PRJ-2', 'client': 'HL-GEAR'},
                           files={'file.1': 'manual.txt', 'file.1.role': 'source'})
    with open(f'{fleet.root}/wang.fang/inbox/manual.txt', 'w') as f:
        f.write(SOURCE)
    with open(f'{fleet.root}/wang.fang/inbox/job.ini', 'w', encoding='utf-8') as f:
        f.write(text)
    project = f'{fleet.root}/li.wei/jobs/PRJ-2 J-1'
    wait_for('the handler to translate the project',
             lambda: os.path.exists(f'{project}/target/manual.txt'), PUSH)
    # The client's memory and terms are in it, as in his other project.
    wait_for_text(f'{project}/tm/yizhan/hot.tmx', 'GUT')
    wait_for_text(f'{project}/glossary/yizhan/HL-GEAR.utf8', '齿轮箱')
    # Opened, exported, and closed again: it is not done.
    wait_for('OmegaT to end', lambda: received(fleet, task) == 'in_progress')
    return task, project


def received(fleet, task):
    return fleet.ask('li.wei', 'tasks', 'show', task)['state']


def state_of(fleet, task):
    return json.loads(fleet.operator('tasks', 'show', task, '--json').stdout)['state']


def wait_for_state(fleet, task, state):
    wait_for(f'the task to be {state}', lambda: state_of(fleet, task) == state)


def accepting_pushes(fleet, task):
    """The shipped row 3: the agent is ordered to bring the project up to date, and answers."""
    fleet.user('li.wei', 'report', task, 'accepted')

    def answered():
        rows = json.loads(fleet.operator('tasks', 'list', '--json').stdout)['tasks']
        return [row['state'] for row in rows if row['kind'] == 'command'] == ['done', 'done']
    wait_for('both pushes to be answered', answered, PUSH)


def job_is_delivered(fleet, task, project):
    """Translated by the real OmegaT, exported, delivered; a source that changes then is told."""
    name = os.path.basename(project)
    early = fleet.user('li.wei', 'deliver', name, check=False)
    assert early.returncode == 1 and 'segments are not translated' in early.stderr, early.stderr
    os.makedirs(f'{project}/tm/auto')
    shutil.copy(f'{project}/tm/yizhan/hot.tmx', f'{project}/tm/auto/all.tmx')
    done = translate_without_screen(project, f'{fleet.root}/console')
    assert done.returncode == 0, done.stdout + done.stderr
    wait_for_state(fleet, task, 'translated')
    answer = fleet.ask('li.wei', 'deliver', name)
    assert answer['to'] == 'user:wang.fang', answer
    wait_for_state(fleet, task, 'delivered')
    got = f'{fleet.root}/wang.fang/state/inbox/{answer["delivery"]}/manual.txt'
    wait_for_text(got, 'GUT')
    with open(f'{project}/source/manual.txt', 'a') as f:
        f.write('\nThe pump stands still.\n')
    wait_for_state(fleet, task, 'paused')  # the shipped row 13
    fleet.user('wang.fang', 'report', task, 'approved')
    wait_for_state(fleet, task, 'approved')
    wait_for('li to hear of it', lambda: received(fleet, task) == 'done')


def main(bin_dir, folder=None):
    lacking = missing()
    if lacking:
        print('needs ' + ', '.join(lacking))
        return 77
    pictures = Pictures(folder)
    with Fleet(bin_dir, rules=RULES) as fleet:
        fleet.start_broker()
        for user in ('li.wei', 'wang.fang'):
            grant(fleet, user)
        run = ' '.join(JAVA + [f'--config-dir={fleet.root}/handler', '--no-team', '--quiet',
                               '--mode=console-translate', '"${project}"'])
        handler = f'[handler open]\nwhen.job.type = translate\nrun = {shutil.which("java")}{run[4:]}\n'
        li_project = add_translator(fleet, 'li.wei', 'wang.fang', more=handler,
                                    own=f'projects_dir = {fleet.root}/li.wei/jobs\n')
        wang_project = add_translator(fleet, 'wang.fang', 'li.wei')
        programs = []
        try:
            programs.append(OmegaT(li_project, f'{fleet.root}/omegat-li', 'li.wei'))
            programs.append(OmegaT(wang_project, f'{fleet.root}/omegat-wang', 'wang.fang'))
            li, wang = programs
            check_dialogs(li, wang)
            for step, arguments in ((term_reaches, (li, wang, li_project, wang_project, pictures)),
                                    (translation_reaches,
                                     (li, wang, li_project, wang_project, pictures)),
                                    (typing_is_not_disturbed, (li, wang, li_project, pictures)),
                                    (refill_is_no_edit, (fleet, li, li_project, pictures)),
                                    (question_is_answered, (fleet, li, li_project, pictures)),
                                    (documents_are_seen, (fleet, li, li_project))):
                started = time.monotonic()
                try:
                    step(*arguments)
                finally:
                    pictures.take(li, f'{step.__name__}-li')
                    pictures.take(wang, f'{step.__name__}-wang')
                check_dialogs(li, wang)
                print(f'{step.__name__}: {time.monotonic() - started:.1f} s', flush=True)
        finally:
            for program in programs:
                program.close()
        works_in_console_mode(fleet, li_project)
        print('works_in_console_mode')
        task, project = task_becomes_a_project(fleet, li_project)
        print('task_becomes_a_project')
        accepting_pushes(fleet, task)
        print('accepting_pushes')
        job_is_delivered(fleet, task, project)
        print('job_is_delivered')
    return 0


if __name__ == '__main__':
    sys.exit(main(*sys.argv[1:]))
