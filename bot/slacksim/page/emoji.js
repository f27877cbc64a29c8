// The emoji that bots commonly use, by the names that they are written with.
export const emoji = {
  white_check_mark: "✅", heavy_check_mark: "✔️", x: "❌", warning: "⚠️", no_entry: "⛔", no_entry_sign: "🚫", rotating_light: "🚨",
  lock: "🔒", unlock: "🔓", key: "🔑", closed_lock_with_key: "🔐", shield: "🛡️", hourglass: "⌛", hourglass_flowing_sand: "⏳",
  alarm_clock: "⏰", stopwatch: "⏱️", timer_clock: "⏲️", clock1: "🕐", calendar: "📅", date: "📅", spiral_calendar_pad: "🗓️",
  wave: "👋", thumbsup: "👍", "+1": "👍", thumbsdown: "👎", "-1": "👎", ok_hand: "👌", pray: "🙏", raised_hands: "🙌", clap: "👏", eyes: "👀",
  point_right: "👉", point_down: "👇", tada: "🎉", sparkles: "✨", rocket: "🚀", fire: "🔥", zap: "⚡", star: "⭐", bulb: "💡", gear: "⚙️",
  hammer_and_wrench: "🛠️", wrench: "🔧", mag: "🔍", memo: "📝", pencil2: "✏️", clipboard: "📋", bar_chart: "📊", chart_with_upwards_trend: "📈",
  bell: "🔔", no_bell: "🔕", speech_balloon: "💬", inbox_tray: "📥", outbox_tray: "📤", package: "📦", link: "🔗", bookmark: "🔖", pushpin: "📌",
  question: "❓", grey_question: "❔", exclamation: "❗", information_source: "ℹ️", arrow_right: "➡️", arrows_counterclockwise: "🔄", repeat: "🔁",
  leftwards_arrow_with_hook: "↩️", red_circle: "🔴", large_orange_circle: "🟠", large_yellow_circle: "🟡", large_green_circle: "🟢", large_blue_circle: "🔵",
  white_circle: "⚪", black_circle: "⚫", large_red_square: "🟥", large_green_square: "🟩", robot_face: "🤖", bust_in_silhouette: "👤", busts_in_silhouette: "👥",
  house: "🏠", door: "🚪", ticket: "🎫", scales: "⚖️", moon: "🌙", sunny: "☀️", smile: "😄", slightly_smiling_face: "🙂", wink: "😉", thinking_face: "🤔",
  sweat_smile: "😅", cry: "😢", heart: "❤️", green_heart: "💚", bug: "🐛", computer: "💻", file_folder: "📁", card_file_box: "🗃️", floppy_disk: "💾",
  globe_with_meridians: "🌐", test_tube: "🧪", broom: "🧹", seedling: "🌱", checkered_flag: "🏁", octagonal_sign: "🛑", construction: "🚧",
};
