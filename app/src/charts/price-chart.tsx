import { AreaSeries, createChart, LineSeries, LineStyle, type AutoscaleInfo, type IChartApi, type IPriceLine, type ISeriesApi, type UTCTimestamp } from "lightweight-charts";
import { useEffect, useRef, useSyncExternalStore } from "react";

import { chartPrice, type Quote } from "../format/units.ts";
import { priceHistory, type Seen } from "../model/price-history.ts";
import { colour, useTheme } from "../theme/use-theme.ts";

interface Drawn {
  readonly chart: IChartApi;
  readonly mark: ISeriesApi<"Area">;
  readonly average: ISeriesApi<"Line">;
}

/** A level that matters to the reader: where the account came in, and where it would be liquidated. */
export interface Guide {
  /** As on the axis: for pixels. */
  readonly at: number;
  readonly text: string;
  readonly tone: "danger" | "ink-faint";
}

/** The axis shows this part of the price at least, so that a price that stands still looks still. */
const LEAST_RANGE = 0.006;

function draw(box: HTMLElement): Drawn {
  const chart = createChart(box, {
    autoSize: true,
    layout: { background: { color: "transparent" }, fontFamily: getComputedStyle(document.body).fontFamily, fontSize: 11, attributionLogo: false },
    rightPriceScale: { borderVisible: false, scaleMargins: { top: 0.15, bottom: 0.12 } },
    timeScale: { borderVisible: false, timeVisible: true, secondsVisible: true, rightOffset: 4 },
    handleScale: { mouseWheel: false },
    handleScroll: { mouseWheel: false, vertTouchDrag: false },
  });
  const average = chart.addSeries(LineSeries, { lineWidth: 1, lineStyle: LineStyle.Dashed, priceLineVisible: false, lastValueVisible: false, crosshairMarkerVisible: false });
  const mark = chart.addSeries(AreaSeries, {
    lineWidth: 2,
    priceLineStyle: LineStyle.Dotted,
    autoscaleInfoProvider: (original: () => AutoscaleInfo | null) => {
      const range = original()?.priceRange;
      if (range == null) return null;
      const middle = (range.minValue + range.maxValue) / 2;
      const half = Math.max((range.maxValue - range.minValue) / 2, (middle * LEAST_RANGE) / 2);
      return { priceRange: { minValue: middle - half, maxValue: middle + half } };
    },
  });
  return { chart, mark, average };
}

function paint({ chart, mark, average }: Drawn): void {
  chart.applyOptions({
    layout: { textColor: colour("ink-faint") },
    grid: { vertLines: { color: colour("rule") }, horzLines: { color: colour("rule") } },
    crosshair: { vertLine: { color: colour("rule-strong"), labelBackgroundColor: colour("rule-strong") }, horzLine: { color: colour("rule-strong"), labelBackgroundColor: colour("rule-strong") } },
  });
  mark.applyOptions({ lineColor: colour("accent"), topColor: `${colour("accent")}26`, bottomColor: `${colour("accent")}00` });
  average.applyOptions({ color: colour("ink-faint") });
}

/** The mark since the page was opened, its average, and where the reader would be liquidated. */
export function PriceChart(props: { asset: number; lotExponent: number; quote: Quote; guides: readonly Guide[]; label: string }) {
  const { asset, lotExponent, quote, guides } = props;
  const box = useRef<HTMLDivElement>(null);
  const drawn = useRef<Drawn | null>(null);
  const { theme } = useTheme();
  const seen = useSyncExternalStore(priceHistory.subscribe, () => priceHistory.of(asset));

  useEffect(() => {
    if (box.current === null) return;
    drawn.current = draw(box.current);
    return () => {
      drawn.current?.chart.remove();
      drawn.current = null;
    };
  }, []);
  useEffect(() => {
    if (drawn.current !== null) paint(drawn.current);
  }, [theme]);
  useEffect(() => {
    const { mark, average } = drawn.current ?? {};
    const at = (one: Seen, value: bigint) => ({ time: one.time as UTCTimestamp, value: chartPrice(value, lotExponent, quote) });
    mark?.setData(seen.map((one) => at(one, one.mark)));
    average?.setData(seen.filter((one) => one.ema > 0n).map((one) => at(one, one.ema)));
    if (seen.length < 120) drawn.current?.chart.timeScale().fitContent();
  }, [seen, lotExponent, quote]);
  useEffect(() => {
    const mark = drawn.current?.mark;
    if (mark === undefined) return;
    const lines: IPriceLine[] = guides.map((guide) =>
      mark.createPriceLine({ price: guide.at, color: colour(guide.tone), lineStyle: LineStyle.Dashed, lineWidth: 1, title: guide.text, axisLabelVisible: true }),
    );
    return () => lines.forEach((line) => drawn.current !== null && mark.removePriceLine(line));
  }, [guides, theme]);

  return <div ref={box} role="img" aria-label={props.label} className="h-full w-full" />;
}
