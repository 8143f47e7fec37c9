/** How the map looks, by day and by night: own roads, stops, water and names; nothing comes from elsewhere. */

import type { ExpressionSpecification, LayerSpecification, StyleSpecification } from "maplibre-gl";
import type { FeatureCollection } from "geojson";

export interface MapData {
  roads: FeatureCollection;
  stops: FeatureCollection;
  names: FeatureCollection;
  water: FeatureCollection;
  route: FeatureCollection;
  visits: FeatureCollection;
}

interface Palette {
  land: string;
  water: string;
  minor: string;
  middle: string;
  major: string;
  motorway: string;
  casing: string;
  ferry: string;
  stop: string;
  name: string;
  route: string;
  routeEdge: string;
  visit: string;
  visitText: string;
}

const LIGHT: Palette = {
  land: "#f1f2ec", water: "#c4dbe6", minor: "#dcdcd2", middle: "#c6c6ba", major: "#ffffff", motorway: "#f5d890",
  casing: "#a3a496", ferry: "#7d9fb3", stop: "#8a948e", name: "#3c4842", route: "#0b5d5a", routeEdge: "#ffffff",
  visit: "#0b5d5a", visitText: "#ffffff",
};

const DARK: Palette = {
  land: "#141a1c", water: "#1c3341", minor: "#262f32", middle: "#36413f", major: "#4f5b5d", motorway: "#77683f",
  casing: "#0c1112", ferry: "#42677c", stop: "#66736e", name: "#b9c5c0", route: "#5cc4ba", routeEdge: "#0c1112",
  visit: "#5cc4ba", visitText: "#0c1f1d",
};

const FONT = ["system-ui", "sans-serif"];

/** Return the whole style with its data in it. */
export function makeStyle(data: MapData, dark: boolean): StyleSpecification {
  const p = dark ? DARK : LIGHT;
  const sources = Object.fromEntries(
    Object.entries(data).map(([name, content]) => [name, { type: "geojson", data: content, tolerance: 0.3 }]),
  );
  return {
    version: 8,
    sources: sources as StyleSpecification["sources"],
    layers: [
      { id: "land", type: "background", paint: { "background-color": p.land } },
      { id: "water", type: "fill", source: "water", paint: { "fill-color": p.water } },
      ...roadLayers(p),
      ...stopLayers(p),
      ...routeLayers(p),
      nameLayer(p),
      ...visitLayers(p),
    ],
  };
}

function roadLayers(p: Palette): LayerSpecification[] {
  const kinds: [string, string[], string, number, number][] = [
    ["minor", ["residential", "living_street", "service", "track", "road", "pedestrian", "busway"], p.minor, 0.3, 10.8],
    ["middle", ["unclassified"], p.middle, 0.7, 0],
    ["tertiary", ["tertiary", "tertiary_link"], p.middle, 1.1, 0],
    ["secondary", ["secondary", "secondary_link"], p.major, 1.5, 0],
    ["primary", ["primary", "primary_link", "trunk", "trunk_link"], p.major, 2.1, 0],
    ["motorway", ["motorway", "motorway_link"], p.motorway, 2.6, 0],
  ];
  const cased = kinds.slice(3).map(([id, classes, , width]) => line(`${id}-casing`, classes, p.casing, width, 0, 1.4));
  const plain = kinds.map(([id, classes, color, width, from]) => line(id, classes, color, width, from, 0));
  return [...plain.slice(0, 3), ...cased, ...plain.slice(3), ferry(p)];
}

function line(id: string, classes: string[], color: string, width: number, minzoom: number, extra: number): LayerSpecification {
  return {
    id, type: "line", source: "roads", minzoom,
    filter: ["in", ["get", "class"], ["literal", classes]],
    layout: { "line-cap": "round", "line-join": "round" },
    paint: { "line-color": color, "line-width": widening(width, extra) },
  };
}

function widening(width: number, extra: number): ExpressionSpecification {
  return ["interpolate", ["exponential", 1.6], ["zoom"], 8, width * 0.6 + extra * 0.6, 11, width * 1.3 + extra, 15, width * 4.5 + extra * 1.5];
}

function ferry(p: Palette): LayerSpecification {
  return {
    id: "ferry", type: "line", source: "roads", filter: ["==", ["get", "class"], "ferry"],
    paint: { "line-color": p.ferry, "line-width": 1.6, "line-dasharray": [2, 2] },
  };
}

function stopLayers(p: Palette): LayerSpecification[] {
  return [
    {
      id: "stops", type: "circle", source: "stops", minzoom: 10,
      paint: {
        "circle-radius": ["interpolate", ["linear"], ["zoom"], 10, 1.2, 14, 4],
        "circle-color": p.land, "circle-stroke-color": p.stop,
        "circle-stroke-width": ["interpolate", ["linear"], ["zoom"], 10, 0.8, 14, 1.6],
      },
    },
    {
      id: "stop-names", type: "symbol", source: "stops", minzoom: 13,
      layout: { "text-field": ["get", "name"], "text-font": FONT, "text-size": 11, "text-anchor": "left", "text-offset": [0.8, 0], "text-optional": true },
      paint: { "text-color": p.name, "text-halo-color": p.land, "text-halo-width": 1.4 },
    },
  ];
}

function nameLayer(p: Palette): LayerSpecification {
  return {
    id: "names", type: "symbol", source: "names", maxzoom: 13.5,
    layout: {
      "text-field": ["get", "name"], "text-font": FONT, "text-padding": 6,
      "text-size": ["interpolate", ["linear"], ["get", "stops"], 1, 11, 12, 15],
      "symbol-sort-key": ["-", ["get", "stops"]],
    },
    paint: { "text-color": p.name, "text-halo-color": p.land, "text-halo-width": 1.6 },
  };
}

function routeLayers(p: Palette): LayerSpecification[] {
  const layout = { "line-cap": "round", "line-join": "round" } as const;
  return [
    { id: "route-edge", type: "line", source: "route", filter: ["==", ["get", "part"], "next"], layout, paint: { "line-color": p.routeEdge, "line-width": 6 } },
    { id: "route-later", type: "line", source: "route", filter: ["==", ["get", "part"], "later"], layout: { "line-join": "round" }, paint: { "line-color": p.route, "line-width": 1.5, "line-dasharray": [2, 2] } },
    { id: "route", type: "line", source: "route", filter: ["==", ["get", "part"], "next"], layout, paint: { "line-color": p.route, "line-width": 3.5 } },
  ];
}

function visitLayers(p: Palette): LayerSpecification[] {
  return [
    {
      id: "visits", type: "circle", source: "visits",
      paint: { "circle-radius": 9, "circle-color": p.visit, "circle-stroke-color": p.routeEdge, "circle-stroke-width": 1.5 },
    },
    {
      id: "visit-numbers", type: "symbol", source: "visits",
      layout: { "text-field": ["get", "label"], "text-font": FONT, "text-size": 11, "text-allow-overlap": true, "text-ignore-placement": true },
      paint: { "text-color": p.visitText },
    },
  ];
}
