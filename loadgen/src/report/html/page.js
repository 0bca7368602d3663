// Draws the charts of the report from the JSON island. No library, no network.
(function () {
  'use strict';
  var failure = document.getElementById('failure');
  window.onerror = function (message, source, line) {
    failure.hidden = false;
    failure.textContent = 'The charts could not be drawn: ' + message + ' (line ' + line + ').';
  };

  var runs = JSON.parse(document.getElementById('data').textContent).runs;
  var hidden = new Set();
  var HEIGHT = 300, LEFT = 62, RIGHT = 16, NAME = 48, TOP = 14, BOTTOM = 34;
  var QUANTILES = [['P50', 3, 0], ['P90', 4, 2], ['P99', 5, 1], ['Max', 6, 6]];

  function digits(value) {
    return value < 9.995 ? value.toFixed(2) : value < 99.95 ? value.toFixed(1) : value.toFixed(0);
  }
  function duration(ns) {
    if (ns < 999.5) return ns.toFixed(0) + ' ns';
    if (ns < 999.5e3) return digits(ns / 1e3) + ' µs';
    if (ns < 999.5e6) return digits(ns / 1e6) + ' ms';
    return digits(ns / 1e9) + ' s';
  }
  function tickDuration(ns) {
    return duration(ns).replace(/(\.\d*?)0+(?= )/, '$1').replace(/\.(?= )/, '');
  }
  function perSecond(value) {
    return value < 1000 ? digits(value) + '/s' : Math.round(value).toLocaleString('en-US') + '/s';
  }
  function tickRate(value) {
    return value >= 1e6 ? value / 1e6 + ' M' : value >= 1e4 ? value / 1e3 + ' k' : String(+value.toFixed(3));
  }
  function seconds(value) { return +value.toFixed(2) + ' s'; }
  function nines(percentile) { return -Math.log10(1 - percentile / 100); }
  function percentileName(x) {
    var percentile = 100 * (1 - Math.pow(10, -x));
    return 'P' + +percentile.toFixed(Math.max(2, Math.ceil(x)));
  }

  function element(name, attributes, parent, text) {
    var made = document.createElementNS('http://www.w3.org/2000/svg', name);
    for (var key in attributes) made.setAttribute(key, attributes[key]);
    if (text !== undefined) made.textContent = text;
    parent.appendChild(made);
    return made;
  }

  function evenTicks(low, high, about) {
    var step = Math.pow(10, Math.floor(Math.log10((high - low) / about || 1)));
    [1, 2, 5, 10].some(function (by) {
      if ((high - low) / (step * by) <= about) { step *= by; return true; }
    });
    var ticks = [];
    for (var at = Math.ceil(low / step); at * step <= high * 1.0000001; at++) ticks.push(at * step);
    return ticks;
  }
  function logTicks(low, high) {
    var ticks = [], wide = Math.log10(high / low) > 3;
    for (var power = Math.floor(Math.log10(low)); power <= Math.log10(high); power++) {
      (wide ? [1] : [1, 2, 5]).forEach(function (by) {
        var tick = by * Math.pow(10, power);
        if (tick >= low * 0.999 && tick <= high * 1.001) ticks.push(tick);
      });
    }
    return ticks;
  }

  // What a chart shows is computed anew for each drawing: `series()` answers lines with a label,
  // a color, points [x, y] (y null: a gap) and pieces of style.
  function Chart(id, options) {
    this.figure = document.getElementById(id);
    this.plot = this.figure.querySelector('.plot');
    this.options = options;
    this.log = !!options.log;
    this.at = null;
    var chart = this;
    if ('log' in options) {
      chart.choice(['linear', 'logarithmic'], this.log ? 1 : 0, function (index) { chart.log = index === 1; });
    }
    new ResizeObserver(function () {
      if (chart.plot.clientWidth !== chart.width) chart.draw();
    }).observe(this.plot);
  }
  Chart.prototype.choice = function (names, chosen, choose) {
    var chart = this, place = document.createElement('div');
    place.setAttribute('role', 'group');
    this.figure.querySelector('.choices').appendChild(place);
    var buttons = names.map(function (name, index) {
      var button = document.createElement('button');
      button.type = 'button';
      button.textContent = name;
      button.setAttribute('aria-pressed', index === chosen);
      button.onclick = function () {
        buttons.forEach(function (one) { one.setAttribute('aria-pressed', one === button); });
        choose(index);
        chart.draw();
      };
      place.appendChild(button);
      return button;
    });
  };
  Chart.prototype.draw = function () {
    var width = this.width = this.plot.clientWidth, options = this.options;
    this.lines = options.series(this).filter(function (line) { return line.points.length > 0; });
    this.plot.textContent = '';
    if (this.lines.length === 0) {
      var none = document.createElement('p');
      none.className = 'soft';
      none.textContent = 'Nothing to draw.';
      this.plot.appendChild(none);
      return;
    }
    var ys = [], xs = [];
    this.lines.forEach(function (line) {
      line.points.forEach(function (point) {
        xs.push(point[0]);
        if (point[1] !== null) ys.push(point[1]);
      });
    });
    var least = ys.reduce(function (a, b) { return Math.min(a, b); }, Infinity);
    var most = ys.reduce(function (a, b) { return Math.max(a, b); }, 0) || 1;
    var last = xs.reduce(function (a, b) { return Math.max(a, b); }, 0) || 1;
    var first = options.zero ? 0 : xs.reduce(function (a, b) { return Math.min(a, b); }, last);
    var log = this.log;
    var low = log ? Math.max(least, 1) * 0.9 : 0, high = most * (log ? 1.15 : 1.05);
    var span = log ? Math.log(high / low) : high;
    var right = this.right = options.named ? NAME : RIGHT;
    this.x = function (value) { return LEFT + (value - first) / (last - first || 1) * (width - LEFT - right); };
    this.y = function (value) {
      var share = log ? Math.log(Math.max(value, low) / low) / span : value / span;
      return HEIGHT - BOTTOM - share * (HEIGHT - TOP - BOTTOM);
    };
    var svg = element('svg', {
      viewBox: '0 0 ' + width + ' ' + HEIGHT, height: HEIGHT, tabindex: 0, role: 'img',
      'aria-label': this.describe()
    }, this.plot);
    this.axes(svg, width, log ? logTicks(low, high) : evenTicks(0, high, 6), options.ticks(first, last, width));
    this.lines.forEach(this.path, this);
    if (options.named) this.names();
    this.hover(svg);
  };
  Chart.prototype.describe = function () {
    var options = this.options;
    return this.figure.querySelector('h2').textContent + '. ' + this.lines.map(function (line) {
      var point = line.points[line.points.length - 1];
      return line.label + ' ends at ' + (point[1] === null ? 'nothing' : options.format(point[1]));
    }).join('; ') + '. Arrow keys read the values; all figures are in the tables below.';
  };
  Chart.prototype.axes = function (svg, width, ticks, marks) {
    var chart = this, options = this.options;
    ticks.forEach(function (tick) {
      var y = chart.y(tick);
      element('line', { class: 'grid', x1: LEFT, x2: width - chart.right, y1: y, y2: y }, svg);
      element('text', { x: LEFT - 8, y: y + 4, 'text-anchor': 'end' }, svg, options.tick(tick));
    });
    marks.forEach(function (mark) {
      var x = chart.x(mark[0]);
      element('line', { class: 'grid', x1: x, x2: x, y1: TOP, y2: HEIGHT - BOTTOM }, svg);
      element('text', { x: x, y: HEIGHT - BOTTOM + 18, 'text-anchor': 'middle' }, svg, mark[1]);
    });
    element('line', { class: 'axis', x1: LEFT, x2: width - chart.right, y1: HEIGHT - BOTTOM, y2: HEIGHT - BOTTOM }, svg);
    this.svg = svg;
  };
  // A line as up to two paths: what can be relied on, and what can not (dashed).
  Chart.prototype.path = function (line) {
    var chart = this, parts = ['', ''], down = false, before = null;
    line.points.forEach(function (point) {
      if (point[1] === null) { down = false; before = null; return; }
      var part = line.doubtfulFrom !== undefined && point[0] > line.doubtfulFrom ? 1 : 0;
      var place = chart.x(point[0]).toFixed(1) + ' ' + chart.y(point[1]).toFixed(1);
      if (part === 1 && parts[1] === '' && before) parts[1] = 'M' + before;
      parts[part] += (parts[part] !== '' && (down || part === 1) ? 'L' : 'M') + place;
      down = true;
      before = place;
    });
    parts.forEach(function (d, index) {
      if (d === '') return;
      var style = index === 1 || line.style === 'dash' ? ' dash' : line.style === 'dots' ? ' dots' : '';
      element('path', { class: 'c' + line.color + style, d: d }, chart.svg);
    });
    if (line.points.length === 1 && line.points[0][1] !== null) {
      element('circle', { class: 'c' + line.color, r: 4, cx: this.x(line.points[0][0]), cy: this.y(line.points[0][1]) }, this.svg);
    }
  };
  // The lines' names at their ends, pushed apart where they would overlap.
  Chart.prototype.names = function () {
    var chart = this, below = -Infinity;
    this.lines.map(function (line) {
      var told = line.points.filter(function (point) { return point[1] !== null; });
      return { line: line, end: told[told.length - 1] };
    }).filter(function (one) { return one.end; }).sort(function (a, b) {
      return b.end[1] - a.end[1];
    }).forEach(function (one) {
      below = Math.max(chart.y(one.end[1]), below + 14);
      element('text', { class: 'name c' + one.line.color, x: chart.x(one.end[0]) + 8, y: below + 4 }, chart.svg, one.line.label);
    });
  };
  Chart.prototype.hover = function (svg) {
    var chart = this;
    var marks = element('g', {}, svg);
    var tip = document.createElement('div');
    tip.className = 'tip';
    tip.hidden = true;
    tip.setAttribute('aria-live', 'polite');
    this.plot.appendChild(tip);
    function longest() {
      return chart.lines.reduce(function (a, b) { return b.points.length > a.points.length ? b : a; });
    }
    function show(index) {
      var points = longest().points;
      chart.at = index = Math.max(0, Math.min(points.length - 1, index));
      chart.tell(points[index][0], marks, tip);
    }
    function hide() { marks.textContent = ''; tip.hidden = true; }
    svg.addEventListener('pointermove', function (event) {
      var x = event.clientX - svg.getBoundingClientRect().left;
      show(nearest(longest().points, x, chart.x));
    });
    svg.addEventListener('pointerleave', hide);
    svg.addEventListener('blur', hide);
    svg.addEventListener('keydown', function (event) {
      var by = { ArrowRight: 1, ArrowLeft: -1, PageUp: 10, PageDown: -10 }[event.key];
      if (event.key === 'Escape') hide();
      if (by === undefined) return;
      event.preventDefault();
      show(chart.at === null ? 0 : chart.at + by);
    });
  };
  function nearest(points, at, scale) {
    var best = 0;
    points.forEach(function (point, index) {
      if (Math.abs(scale(point[0]) - at) < Math.abs(scale(points[best][0]) - at)) best = index;
    });
    return best;
  }
  Chart.prototype.tell = function (x, marks, tip) {
    var chart = this, options = this.options, at = this.x(x);
    marks.textContent = '';
    tip.textContent = '';
    element('line', { class: 'cross', x1: at, x2: at, y1: TOP, y2: HEIGHT - BOTTOM }, marks);
    var heading = document.createElement('b');
    heading.textContent = options.name(x);
    tip.appendChild(heading);
    this.lines.map(function (line) {
      return [line, line.points[nearest(line.points, at, chart.x)]];
    }).filter(function (pair) {
      return pair[1][1] !== null && Math.abs(chart.x(pair[1][0]) - at) < 30;
    }).sort(function (a, b) { return b[1][1] - a[1][1]; }).forEach(function (pair) {
      var line = pair[0], point = pair[1], row = document.createElement('span');
      element('circle', { class: 'c' + line.color, r: 4, cx: chart.x(point[0]), cy: chart.y(point[1]) }, marks);
      var label = document.createElement('i');
      label.className = 'c' + line.color;
      label.textContent = line.label;
      row.appendChild(label);
      row.appendChild(document.createTextNode(options.format(point[1])));
      tip.appendChild(row);
    });
    tip.hidden = false;
    var right = at + 14 + tip.offsetWidth > chart.width;
    tip.style.left = Math.max(0, right ? at - 14 - tip.offsetWidth : at + 14) + 'px';
  };

  function shown() { return runs.filter(function (run, index) { return !hidden.has(index); }); }
  function line(run, points) {
    return { label: run.label, color: run.color, style: run.dashed ? 'dots' : '', points: points };
  }
  function column(run, index) {
    return run.points.map(function (point) { return [point[0], point[index]]; });
  }
  function timeTicks(first, last, width) {
    return evenTicks(first, last, width / 90).map(function (tick) { return [tick, seconds(tick)]; });
  }
  function spread(least, most) { return least > 0 && most / least > 20; }

  var curves = runs.map(function (run) {
    // The last point is P100: it stands where one sample of all would.
    var end = Math.log10(Math.max(run.count, 1));
    return run.curve.map(function (pair) {
      return [pair[0] < 100 ? Math.min(nines(pair[0]), end) : end, pair[1]];
    });
  });
  var values = [].concat.apply([], curves).map(function (point) { return point[1]; });
  var isWide = spread(Math.min.apply(null, values.length ? values : [1]), Math.max.apply(null, values.concat(1)));
  var quantile = 2;
  var charts = [];

  charts.push(new Chart('percentiles', {
    log: isWide, zero: true, format: duration, tick: tickDuration, name: percentileName,
    series: function () {
      return shown().map(function (run) {
        var made = line(run, curves[runs.indexOf(run)]);
        made.doubtfulFrom = Math.log10(Math.max(run.count / 10, 1));
        return made;
      });
    },
    ticks: function (first, last) {
      var marks = [[0, 'P0'], [nines(50), 'P50']];
      for (var nine = 1; nine <= last; nine++) marks.push([nine, percentileName(nine)]);
      return marks;
    }
  }));
  var latency = new Chart('latency', {
    log: isWide, zero: true, format: duration, tick: tickDuration, ticks: timeTicks, named: runs.length === 1,
    name: function (x) { return 'at ' + seconds(x); },
    series: function () {
      if (runs.length > 1) {
        return shown().map(function (run) { return line(run, column(run, QUANTILES[quantile][1])); });
      }
      return [].concat.apply([], shown().map(function (run) {
        return QUANTILES.map(function (one) {
          return { label: one[0], color: one[2], style: '', points: column(run, one[1]) };
        });
      }));
    }
  });
  if (runs.length > 1) {
    latency.choice(QUANTILES.map(function (one) { return one[0]; }), quantile, function (index) { quantile = index; });
  }
  charts.push(latency);
  charts.push(new Chart('rate', {
    zero: true, format: perSecond, tick: tickRate, ticks: timeTicks,
    name: function (x) { return 'at ' + seconds(x); },
    series: function () {
      var lines = [];
      shown().forEach(function (run) {
        var points = column(run, 1), errors = column(run, 2);
        lines.push(line(run, points));
        if (run.target !== null && points.length > 0) {
          lines.push({ label: run.label + ', asked for', color: run.color, style: 'dash',
            points: points.map(function (point) { return [point[0], run.target]; }) });
        }
        if (errors.some(function (point) { return point[1] > 0; })) {
          lines.push({ label: run.label + ', errors', color: runs.length > 1 ? run.color : 6, style: 'dots', points: errors });
        }
      });
      return lines;
    }
  }));

  if (runs.length > 1) {
    runs.forEach(function (run, index) {
      var button = document.createElement('button');
      button.type = 'button';
      button.className = 'run c' + run.color;
      button.textContent = run.label;
      button.setAttribute('aria-pressed', 'true');
      button.onclick = function () {
        if (!hidden.delete(index)) hidden.add(index);
        button.setAttribute('aria-pressed', !hidden.has(index));
        charts.forEach(function (chart) { chart.draw(); });
      };
      document.getElementById('legend').appendChild(button);
    });
  }
  charts.forEach(function (chart) { chart.draw(); });
  document.documentElement.dataset.drawn = document.querySelectorAll('.plot path').length;
})();
