import * as fs from 'node:fs';
import { userInfo } from 'node:os';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { accountFiles } from '../../src/platform/account-files.ts';
import { withFolder } from './folder.ts';

test('names and numbers, the first line of each counts', () => {
  withFolder(({ at }) => {
    fs.writeFileSync(
      at('passwd'),
      'root:x:0:0:root:/root:/bin/sh\n# comment:x:1\ntoor:x:0:0::/:\nann:x:70000:1::/:\n+::::::\nbad:x:-1:0\nbroken\nann:x:70001:1::/:',
    );
    fs.writeFileSync(at('group'), 'wheel:x:10:ann,root\nempty:x:11:\n');
    const files = accountFiles(at('passwd').toString(), at('group').toString());
    assert.is(files.user().byId.get(0), 'root');
    assert.is(files.user().byName.get('toor'), 0);
    assert.is(files.user().byName.get('ann'), 70_000);
    assert.is(files.user().byId.get(70_001), 'ann');
    assert.is(files.user().byName.get('bad'), undefined);
    assert.is(files.user().byName.get('+'), undefined);
    assert.is(files.group().byId.get(10), 'wheel');
    assert.is(files.group().byName.get('empty'), 11);
  });
});

test('without files, the running user is known', () => {
  const files = accountFiles('/nonexistent/passwd', '/nonexistent/group');
  const { uid, username } = userInfo();
  assert.is(files.user().byId.get(uid), username);
  assert.is(files.group().byId.size, 0);
});

test.run();
