// Runs through the page in a real browser: node test.mjs FOLDER [SHOTS]
// FOLDER is the built page. SHOTS is a folder for screenshots.
import assert from 'node:assert/strict';
import { existsSync, mkdirSync, readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { chromium } from 'playwright-core';
import { serve } from './serve.mjs';

const [folder, shots] = process.argv.slice(2);
// The page may weigh so much, and the first curve must be there so soon.
const MOST_BYTES = 700_000;
const MOST_MILLISECONDS = 2000;
// Layout shifts up to this score are good, as browsers count them.
const MOST_SHIFT = 0.1;

const FLAGS = [
  '--no-sandbox',
  '--disable-quic',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
];
const executablePath = ['/usr/bin/chromium', '/usr/bin/google-chrome'].find(existsSync);
const { address, close } = await serve(folder, 0);
if (shots) mkdirSync(shots, { recursive: true });

let [passed, failed] = [0, 0];
let browser;

// Opens the page, runs a check on it, and fails if the browser's console has an error.
async function check(name, { query = '', width = 1280, colorScheme = 'light', allowed = [] }, run) {
  const context = await browser.newContext({
    viewport: { width, height: 900 },
    colorScheme,
    permissions: ['clipboard-read', 'clipboard-write'],
  });
  const page = await context.newPage();
  const complaints = [];
  const complain = (text) => !allowed.some((part) => text.includes(part)) && complaints.push(text);
  page.on('console', (message) => ['error', 'warning'].includes(message.type()) && complain(message.text()));
  page.on('pageerror', (error) => complain(String(error)));
  page.on('requestfailed', (request) => complain(`${request.url()}: not loaded`));
  page.setDefaultTimeout(15_000);
  const begun = performance.now();
  try {
    // The largest shift of the layout is counted from the beginning.
    await page.addInitScript(() => {
      window.shift = 0;
      new PerformanceObserver((list) => {
        for (const { value, hadRecentInput } of list.getEntries()) window.shift += hadRecentInput ? 0 : value;
      }).observe({ type: 'layout-shift', buffered: true });
    });
    await page.goto(address + query);
    await run(page);
    if (complaints.length) throw new Error(`the console is not empty: ${complaints.join('; ')}`);
    passed += 1;
    console.log(`ok   ${name} (${((performance.now() - begun) / 1000).toFixed(1)} s)`);
  } catch (error) {
    failed += 1;
    console.log(`FAIL ${name}\n${error.stack}`);
    if (shots) await page.screenshot({ path: join(shots, 'failure.png') }).catch(() => {});
  }
  await context.close();
}

const withBrowser = async (flags, run) => {
  browser = await chromium.launch({ executablePath, headless: true, args: [...FLAGS, ...flags] });
  await run();
  await browser.close();
};

const drawn = (page) => page.waitForFunction(() => document.documentElement.dataset.firstCurve);
const text = (page, selector) => page.locator(selector).innerText();
const contains = (page, selector, part) =>
  page.waitForFunction(([where, what]) => document.querySelector(where)?.textContent.includes(what), [selector, part]);
const shoot = (page, name) => shots && page.screenshot({ path: join(shots, `${name}.png`), fullPage: true });

const FUNCTIONS = 'import("./page/page.js").then(({ functions }) => [...functions()])';

await withBrowser(['--enable-unsafe-webgpu'], async () => {
  await check('the first curve is there in time, nothing jumps, and the page is small', {}, async (page) => {
    await drawn(page);
    const took = Number(await page.evaluate(() => document.documentElement.dataset.firstCurve));
    const files = readdirSync(folder, { recursive: true, withFileTypes: true }).filter((entry) => entry.isFile());
    const bytes = files.reduce(
      (sum, { parentPath, name }) => sum + gzipSync(readFileSync(join(parentPath, name)), { level: 9 }).length,
      0,
    );
    await page.waitForTimeout(500);
    const shift = await page.evaluate(() => window.shift);
    console.log(`     first curve after ${took} ms, ${bytes} bytes gzipped, layout shift ${shift.toFixed(3)}`);
    assert.ok(took <= MOST_MILLISECONDS && bytes <= MOST_BYTES && shift <= MOST_SHIFT);
    assert.match(await text(page, '#adapter'), /^GPU: \S/);
    assert.equal(await page.locator('.panels canvas').count(), 3);
  });

  await check('functions are searched, chosen and left out', {}, async (page) => {
    await drawn(page);
    const all = await page.evaluate(FUNCTIONS);
    assert.equal(await page.locator('#list input').count(), all.length, 'each function is in one family');
    assert.deepEqual(
      all.filter(({ family }) => !family),
      [],
    );
    await page.fill('#search', 'HardSigmoid(alpha');
    assert.equal(await page.locator('#list label:visible').count(), 1);
    await page.fill('#search', 'no such thing');
    await contains(page, '#found', 'No function');
    await page.fill('#search', '');
    await page.selectOption('#family', 'periodic');
    await page.check('#list input[value=snake]');
    await contains(page, '#cards', 'snake');
    await page.click('[aria-label="Remove silu"]');
    assert.equal(await page.isChecked('#list input[value=silu]'), false);
    await page.click('#clear');
    await contains(page, '.panels .plot', 'Choose a function');
    await contains(page, '#cards', 'Nothing is chosen');
    await contains(page, '#measure-status', 'Choose a function');
    await contains(page, '#code-problem', 'Choose a function');
    assert.ok(await page.isDisabled('#start'));
    await page.locator('#errors').scrollIntoViewIfNeeded();
    await contains(page, '#errors-plot', 'Choose a function');
    await shoot(page, 'empty');
  });

  await check(
    'parameters move curves, and values that are refused say why',
    { query: '?f=elu&f=rrelu' },
    async (page) => {
      await drawn(page);
      await page.fill('#at', '-1');
      await contains(page, '#values', '−0.632120');
      const alpha = page.locator('.card', { hasText: 'elu' }).first().locator('input[type=range]');
      await alpha.focus();
      for (let step = 0; step < 50; step += 1) await page.keyboard.press('ArrowRight');
      await contains(page, '#cards h4', 'elu(alpha=1.5)');
      await contains(page, '#values', '−0.94818');
      await contains(page, '#kinks', 'elu(alpha=1.5) at x = 0: f′ jumps from 1.5 to 1, and is 1.5 there');
      await page.getByLabel('lower as a number').fill('0.5');
      await contains(page, '#cards', 'lower must be a number from');
      await page.getByLabel('lower as a number').fill('0.2');
      await contains(page, '#cards', 'rrelu(lower=0.2');
      await page.reload();
      await drawn(page);
      await contains(page, '#cards h4', 'elu(alpha=1.5)');
    },
  );

  await check('the range is typed, zoomed and dragged', { query: '?f=gelu' }, async (page) => {
    await drawn(page);
    await page.fill('#low', '2');
    await page.fill('#high', '1');
    await page.keyboard.press('Enter');
    assert.equal(await page.evaluate(() => document.getElementById('high').validity.customError), true);
    await page.fill('#high', '4');
    await page.keyboard.press('Enter');
    await page.waitForFunction(() => location.search.includes('x=2%2C4'));
    await page.click('#zoom-out');
    await page.waitForFunction(() => location.search.includes('x=1%2C5'));
    // The address changes before the curves do.
    await page.waitForSelector('.plot[aria-label$="for x from 1 to 5."]');
    await page.locator('.panels .plot').first().scrollIntoViewIfNeeded();
    const { x, y, width, height } = await page.locator('.panels .u-over').first().boundingBox();
    await page.mouse.move(x + width / 4, y + height / 2);
    await page.mouse.down();
    await page.mouse.move(x + width / 2, y + height / 2, { steps: 4 });
    await contains(page, '.readout', 'gelu');
    await page.mouse.up();
    const isNear = ([low, high]) =>
      Math.abs(document.getElementById('low').valueAsNumber - low) +
        Math.abs(document.getElementById('high').valueAsNumber - high) <
      0.05;
    await page.waitForFunction(isNear, [2, 3]);
    await page.waitForFunction(
      () => !document.querySelector('.plot').getAttribute('aria-label').endsWith('from 1 to 5.'),
    );
    await page.mouse.click(x + width / 2, y + height / 2);
    await page.waitForFunction(() => Math.abs(document.getElementById('at').valueAsNumber - 2.5) < 0.01);
    await page.mouse.dblclick(x + width / 2, y + height / 2);
    await page.waitForFunction(() => !location.search.includes('x='));
    await page.emulateMedia({ colorScheme: 'dark' });
    assert.equal(await page.locator('.panels canvas').count(), 3);
  });

  await check(
    'an expression is read, drawn and derived, and mistakes are shown',
    { query: '?f=gelu' },
    async (page) => {
      await drawn(page);
      await page.locator('#text').pressSequentially('gelu(x + bias) * gate');
      await contains(page, '#typed', 'scaled(gelu_derivative(x + bias), grad_output * gate)');
      await contains(page, '#typed pre', 'fn my_expression_gradient_bias(');
      await page.getByLabel('bias as a number').fill('0.5');
      await page.getByLabel('gate as a number').fill('2');
      await page.fill('#at', '1');
      // 2 gelu(1.5)
      await contains(page, '#values tbody tr:last-child', '2.79957');
      await page.reload();
      await contains(page, '#values tbody tr:last-child', 'gelu(x + bias) * gate');
      assert.equal(await page.getByLabel('gate as a number').inputValue(), '2', 'the address keeps the operands');
      await page.selectOption('#axis', 'gate');
      await contains(page, '#typed', 'The gradient with respect to gate is grad_output * gelu(x + bias).');
      await page.selectOption('#axis', 'x');
      await page.click('text=Both as WGSL');
      await shoot(page, 'expression');
      await page.fill('#text', 'x * sigmiod(1.5 * x)');
      await contains(page, '#problem', 'There is no function `sigmiod`: did you mean `sigmoid`?');
      assert.equal(await text(page, '#problem mark'), 'sigmiod');
      await page.fill('#text', 'x +');
      await contains(page, '#problem', 'is missing before the end');
      await page.fill('#text', '2 * 3');
      await contains(page, '#problem', 'A curve needs an operand');
      await shoot(page, 'mistake');
      await page.fill('#text', 'x * sigmoid(x)');
      await contains(page, '#typed', 'use `silu(x)`');
      assert.equal(await text(page, '#problem'), '');
      await page.click('text=Keep this curve');
      await contains(page, '#cards', 'x * sigmoid(x)');
      // The derivative does not depend on x, or the second one on anything.
      for (const straight of [
        '2 * x',
        'x < 1',
        'max(x, slope * x)',
        'x ^ 2',
        'dropout(x)',
        'gelu_second_derivative(x)',
      ]) {
        await page.fill('#text', straight);
        await contains(page, '#values', straight.slice(0, 3));
        assert.equal(await text(page, '#problem'), '', straight);
      }
      await page.fill('#text', '');
      await page.waitForFunction(() => document.getElementById('typed').hidden);
    },
  );

  await check('kinks are found at their places', {}, async (page) => {
    await drawn(page);
    const kinks = await page.evaluate(async () => {
      const { Chosen } = await import('./page/page.js');
      const of = (text) =>
        [...new Chosen(text, undefined, [], new Float32Array()).kinks(-10, 10)].map(({ x, jumps }) => [
          x,
          jumps.map(({ order, left, at, right }) => [order, left, at, right]),
        ]);
      return Object.fromEntries(
        [
          'relu',
          'hardshrink(lambd=1)',
          'abs',
          'gelu',
          'relu6',
          'elu',
          'reciprocal',
          'sine',
          'sqrt',
          'max(x, 0) * 2',
          'x < 0.25',
        ].map((text) => [text, of(text)]),
      );
    });
    const places = Object.fromEntries(Object.entries(kinks).map(([name, all]) => [name, all.map(([x]) => x)]));
    assert.deepEqual(places, {
      relu: [0],
      'hardshrink(lambd=1)': [-1, 1],
      abs: [0],
      gelu: [],
      relu6: [0, 6],
      elu: [0],
      reciprocal: [0],
      sine: [],
      sqrt: [0],
      'max(x, 0) * 2': [0],
      'x < 0.25': [0.25],
    });
    assert.deepEqual(kinks.relu[0][1], [[1, 0, 0, 1]]);
    assert.deepEqual(kinks.abs[0][1], [[1, -1, 0, 1]]);
    assert.deepEqual(kinks['max(x, 0) * 2'][0][1], [[1, 0, 1, 2]]);
    assert.deepEqual(kinks.elu[0][1], [
      [2, 0.99999, 0, 0].map((value, place) => (place === 1 ? kinks.elu[0][1][0][1] : value)),
    ]);
  });

  await check('every function keeps its bounds here, and no textbook is another function', {}, async (page) => {
    await drawn(page);
    page.setDefaultTimeout(120_000);
    const worst = await page.evaluate(async () => {
      const { Chosen } = await import('./page/page.js');
      const { state } = await import('./state.js');
      const all = [];
      for (const { key, name, ulps } of state.functions) {
        for (const order of [0, 1]) {
          const chosen = new Chosen(name, undefined, [], new Float32Array());
          for (const [low, high] of [
            [-8, 8],
            [0, 0],
          ]) {
            const { ourWorst, textbook, textbookWorst } = await state.device.errors(chosen, order, low, high, 64);
            // A mistake in a formula would show in most bins.
            const middle = textbook && low < high ? [...textbook].sort((a, b) => a - b)[32] : 0;
            all.push({
              name: `${key} ${order}`,
              error: ourWorst.error,
              x: ourWorst.x,
              bound: ulps[order],
              middle,
              textbook: textbookWorst?.error,
            });
          }
        }
      }
      return all;
    });
    assert.deepEqual(
      worst.filter(({ error, bound }) => error > bound),
      [],
    );
    // SwiftShader's own functions are within some hundred ulp, but differences lose digits.
    assert.deepEqual(
      worst.filter(({ middle }) => middle > 1e5 && middle !== Infinity),
      [],
    );
  });

  await check(
    'errors are drawn beside the textbook’s, and built-in functions are compared',
    { query: '?f=tanh&f=relu' },
    async (page) => {
      await drawn(page);
      await page.locator('#errors').scrollIntoViewIfNeeded();
      await contains(page, '#errors-formula', 'The textbook’s formula is tanh(x).');
      assert.equal(await page.locator('#errors-table tbody tr').count(), 2);
      await page.selectOption('#errors-over', 'all');
      await page.selectOption('#errors-order', '1');
      await contains(page, '#errors-formula', '1.0 - square(tanh(x))');
      await shoot(page, 'errors');
      await page.selectOption('#errors-of', { label: 'relu' });
      await contains(page, '#errors-formula', 'no error at all');
      await page.click('#builtins');
      await contains(page, '#builtins-status', 'Largest errors in ulp');
      assert.equal(await page.locator('#builtins-table tbody tr').count(), 9);
      await shoot(page, 'builtins');
    },
  );

  await check(
    'the GPU is measured, and the table is copied',
    { query: '?f=gelu&f=relu&type=x*scale' },
    async (page) => {
      await drawn(page);
      page.setDefaultTimeout(60_000);
      await page.selectOption('#smallest', '12');
      await page.selectOption('#largest', '14');
      await page.click('#start');
      await contains(page, '#measure-status', 'Measured in');
      assert.equal(
        await page.locator('#results tbody tr').count(),
        8,
        'two kinds of copies, and three functions, forward and backward',
      );
      assert.ok(!(await text(page, '#results')).includes('…'));
      assert.match(await text(page, '#clock'), /in steps of/);
      console.log(`     ${await text(page, '#clock')}`);
      await page.click('#copy-results');
      const copied = await page.evaluate(() => navigator.clipboard.readText());
      assert.match(copied, /^\| gelu forward \| [\d.]+ \([\d.]+ GB\/s\) \| [\d.]+ \([\d.]+ GB\/s\) \|$/m);
      await shoot(page, 'measured');
      await page.selectOption('#smallest', '14');
      await page.selectOption('#largest', '12');
      await page.click('#start');
      await contains(page, '#measure-status', 'must not be smaller');
    },
  );

  await check('without timestamps the browser’s clock measures', { query: '?f=relu' }, async (page) => {
    await page.addInitScript(() => Object.defineProperty(GPUAdapter.prototype, 'features', { get: () => new Set() }));
    await page.reload();
    await drawn(page);
    await page.selectOption('#smallest', '18');
    await page.selectOption('#largest', '18');
    await page.uncheck('#backward');
    await page.click('#start');
    await contains(page, '#measure-status', 'Measured in');
    console.log(`     ${await text(page, '#clock')}`);
    assert.match(await text(page, '#clock'), /^This browser has no timestamps.*in steps of/);
    assert.match(await text(page, '#results'), /relu forward\s+\d/);
  });

  await check('a measurement is stopped', { query: '?f=gelu&f=mish' }, async (page) => {
    await drawn(page);
    await page.selectOption('#smallest', '16');
    await page.selectOption('#largest', '22');
    await page.click('#start');
    await page.waitForFunction(() => document.getElementById('progress').value > 0);
    await page.click('#stop');
    await contains(page, '#measure-status', 'Stopped.');
    assert.ok(
      await page.evaluate(() => document.getElementById('progress').value < document.getElementById('progress').max),
    );
    assert.ok((await page.isEnabled('#start')) && (await page.isDisabled('#stop')));
    assert.ok((await text(page, '#results')).includes('…'));
  });

  await check('the WGSL of every function compiles, for one and for four lanes', {}, async (page) => {
    await drawn(page);
    page.setDefaultTimeout(120_000);
    const complaints = await page.evaluate(async () => {
      const { Chosen } = await import('./page/page.js');
      const { state } = await import('./state.js');
      const device = await (await navigator.gpu.requestAdapter()).requestDevice();
      const expressions = [
        'gelu(x + bias) * gate',
        'max(x, slope * x)',
        'dropout(silu(x), p=0.1)',
        'select(x < 0, -x, x ^ 3)',
        'elu(x, alpha=a)',
        'clamp(x, min=-1, max=2) + gate(x, sigmoid(y))',
      ];
      const parameters = ['elu(alpha=0.5)', 'hardtanh(min_val=-2, max_val=inf)', 'xielu(alpha_p=0.5)'];
      const bad = [];
      for (const text of [...state.functions.map(({ name }) => name), ...parameters, ...expressions]) {
        const chosen = new Chosen(text, undefined, [], new Float32Array());
        for (const isVector of [false, true]) {
          const code = chosen.wgsl('my_', isVector);
          const { messages } = await device.createShaderModule({ code }).getCompilationInfo();
          const [message] = messages;
          if (message) bad.push(`${text} ${isVector}: ${message.lineNum}: ${message.message}`);
          if (isVector && !/fn my_(activation|expression)_vec4\(/.test(code)) bad.push(`${text}: no vec4`);
        }
      }
      return bad;
    });
    assert.deepEqual(complaints, []);
  });

  await check(
    'the programs around the WGSL run, and a bad prefix is refused',
    { query: '?f=gelu&type=gelu(x%2Bbias)' },
    async (page) => {
      await drawn(page);
      for (const of of ['gelu', 'gelu(x + bias)']) {
        await page.selectOption('#code-of', { label: of });
        const results = [];
        for (const width of ['1', '4']) {
          await page.selectOption('#width', width);
          results.push(
            await page.evaluate(async () => {
              const [wgsl, around] = ['wgsl', 'around'].map((id) => document.getElementById(id).textContent);
              const Program = Object.getPrototypeOf(async () => {}).constructor;
              const x = Float32Array.from({ length: 256 }, (_, k) => k / 32 - 4);
              const [device, buffer] = await new Program('wgsl', 'x', `${around}\nreturn [device, buffer];`)(wgsl, x);
              const staging = device.createBuffer({
                size: buffer.size,
                usage: GPUBufferUsage.MAP_READ | GPUBufferUsage.COPY_DST,
              });
              const encoder = device.createCommandEncoder();
              encoder.copyBufferToBuffer(buffer, 0, staging, 0, buffer.size);
              device.queue.submit([encoder.finish()]);
              await staging.mapAsync(GPUMapMode.READ);
              return [...new Float32Array(staging.getMappedRange())];
            }),
          );
        }
        assert.deepEqual(results[0], results[1], 'four lanes have the bits of one');
        const at = of === 'gelu' ? 160 : 128;
        assert.ok(Math.abs(results[0][at] - 0.8413447) < 1e-6, `${of}: ${results[0][at]}`);
      }
      await page.fill('#prefix', '9x');
      await contains(page, '#code-problem', 'prefix: it must be nothing, or an ASCII letter');
      assert.ok(await page.isDisabled('#copy-wgsl'));
      await page.fill('#prefix', 'own_');
      await contains(page, '#wgsl', 'fn own_expression(');
      await page.selectOption('#language', 'rust');
      await contains(page, '#around', '"gelu(x + bias)".parse()?');
      await page.click('#copy-wgsl');
      assert.match(await page.evaluate(() => navigator.clipboard.readText()), /fn own_expression_vec4\(/);
    },
  );

  await check('a lost device is opened again', { query: '?f=gelu' }, async (page) => {
    await page.addInitScript(() => {
      const { requestDevice } = GPUAdapter.prototype;
      GPUAdapter.prototype.requestDevice = async function (...given) {
        window.device = await requestDevice.apply(this, given);
        return window.device;
      };
    });
    await page.reload();
    await drawn(page);
    await page.evaluate(() => window.device.destroy());
    await contains(page, '#notice', 'The browser has taken the GPU away.');
    await contains(page, '.panels .plot', 'There are no curves without a GPU.');
    assert.ok(await page.isDisabled('#start'));
    await shoot(page, 'lost');
    await page.click('text=Open the GPU again');
    await page.waitForFunction(() => document.querySelectorAll('.panels canvas').length === 3);
    assert.ok((await page.isHidden('#notice')) && (await page.isEnabled('#start')));
    // A device that is lost in the middle of a measurement.
    await page.click('#start');
    await page.waitForFunction(() => document.getElementById('progress').value > 0);
    await page.evaluate(() => window.device.destroy());
    await contains(page, '#measure-status', 'the device is lost');
  });

  await check(
    'what the address has no sense for is left out',
    { query: '?f=nonsense(&f=relu&type=1%2B&x=9,1', allowed: ['is missing before', 'did you mean', 'there is no'] },
    async (page) => {
      await drawn(page);
      await contains(page, '#legend', 'relu');
      await contains(page, '#problem', 'is missing before');
      assert.equal(await page.inputValue('#low'), '-5');
    },
  );

  await check('the keyboard is enough', { query: '?f=gelu' }, async (page) => {
    await drawn(page);
    await page.focus('#search');
    await page.keyboard.type('mish');
    for (let step = 0; step < 2; step += 1) await page.keyboard.press('Tab');
    await page.keyboard.press('Space');
    await contains(page, '#cards', 'mish');
    const unnamed = await page.evaluate(() =>
      [...document.querySelectorAll('input, select, textarea, button')]
        .filter((node) => !(node.labels?.length || node.getAttribute('aria-label') || node.textContent.trim()))
        .map((node) => node.outerHTML),
    );
    assert.deepEqual(unnamed, [], 'each control has a name');
  });

  for (const [width, colorScheme] of [
    [360, 'light'],
    [360, 'dark'],
    [1280, 'light'],
    [1280, 'dark'],
    [1920, 'light'],
  ]) {
    await check(
      `nothing is cut off at ${width} pixels, ${colorScheme}`,
      { width, colorScheme, query: '?f=gelu&f=hardshrink&f=xielu&type=elu(x%2Cslope)' },
      async (page) => {
        await drawn(page);
        await page.locator('#errors').scrollIntoViewIfNeeded();
        await contains(page, '#errors-formula', 'formula');
        const [inner, scroll] = await page.evaluate(() => [innerWidth, document.documentElement.scrollWidth]);
        assert.ok(scroll <= inner, `${scroll} pixels in ${inner}`);
        await page.evaluate(() => scrollTo(0, 0));
        await page.waitForTimeout(300);
        await shoot(page, `${width}-${colorScheme}`);
      },
    );
  }
});

await withBrowser([], async () => {
  for (const [width, colorScheme] of [
    [360, 'dark'],
    [1280, 'light'],
  ]) {
    // The warning is Chromium's own.
    const allowed = ['No available adapters.'];
    await check(
      `without an adapter the page says what to do, at ${width} pixels`,
      { width, colorScheme, query: '?f=relu', allowed },
      async (page) => {
        await contains(page, '#notice', 'it found no GPU');
        await contains(page, '#kinks', 'relu at x = 0');
        await contains(page, '#cards', 'max(0, x)');
        await page.fill('#text', 'tanh(x) * 2');
        await contains(page, '#typed', 'scaled(tanh_derivative(x), grad_output * 2)');
        await contains(page, '#wgsl', 'fn my_');
        assert.ok((await page.isDisabled('#start')) && (await page.isDisabled('#builtins')));
        await shoot(page, `without-${width}-${colorScheme}`);
        await page.addInitScript(() => Object.defineProperty(Navigator.prototype, 'gpu', { get: () => undefined }));
        await page.reload();
        await contains(page, '#notice', 'This browser has no WebGPU');
      },
    );
  }
});

close();
console.log(`${passed} passed, ${failed} failed`);
process.exit(failed ? 1 : 0);
