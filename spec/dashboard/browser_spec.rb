# frozen_string_literal: true

require_relative "dashboard_helper"
require_relative "browser"
require_relative "played_day"

# In a real Chromium.
RSpec.describe "The page in a browser", :page, :slow, database: :sqlite do
  # What no script could add by style or class: what sticks out, what has no name, and headings that skip a level.
  faults = <<~JS
    const wide = document.documentElement.scrollWidth - document.documentElement.clientWidth;
    const named = e => (e.labels && e.labels.length) || e.getAttribute("aria-label") || e.textContent.trim();
    const fields = [...document.querySelectorAll("input:not([type=hidden]), select, button, a, svg")];
    const levels = [...document.querySelectorAll("h1, h2, h3, h4")].map(e => +e.tagName[1]);
    return [
      wide > 0 && `sticks out by ${wide} px: ` + [...document.querySelectorAll("main *")]
        .filter(e => e.getBoundingClientRect().right > innerWidth + 1).map(e => e.outerHTML.slice(0, 80))[0],
      ...fields.filter(e => !named(e)).map(e => "has no name: " + e.outerHTML.slice(0, 80)),
      ...levels.filter((level, at) => level > (at ? levels[at - 1] + 1 : 1)).map(level => "skips to h" + level),
      levels.filter(level => level == 1).length != 1 && "has not one h1",
      !document.querySelector("main") && "has no main",
      getComputedStyle(document.querySelector("header")).borderBottomWidth != "1px" && "has no stylesheet"
    ].filter(Boolean)
  JS
  # WCAG's contrast of the text and what lies behind it.
  pale = <<~JS
    const rgb = colour => (colour.match(/[\\d.]+/g) || []).map(Number);
    const lit = colour => { const [r, g, b] = rgb(colour).map(c => (c /= 255) <= .03928 ? c / 12.92 : ((c + .055) / 1.055) ** 2.4);
                            return .2126 * r + .7152 * g + .0722 * b };
    const behind = e => { for (; e; e = e.parentElement) { const c = getComputedStyle(e).backgroundColor;
                          if (rgb(c)[3] !== 0) return c } return "rgb(255, 255, 255)" };
    return [...document.querySelectorAll("body *")].filter(e => [...e.childNodes].some(n => n.nodeType == 3 && n.data.trim()))
      .map(e => [e, [lit(getComputedStyle(e).color), lit(behind(e))].sort((a, b) => b - a)])
      .map(([e, [a, b]]) => [e.outerHTML.slice(0, 60), (a + .05) / (b + .05)]).filter(([, ratio]) => ratio < 4.5)
  JS

  let(:widths) { [375, 1200] }

  before(:context) { @browser = Browser.open_or_nil }
  after(:context) { @browser&.quit }

  let(:browser) { @browser || skip("needs Chromium") }

  before do
    let_in
    in_app("LlmRouter.configure { |c| c.chain :support, #{Support::CHAIN.inspect} }")
  end

  def paths
    budget = model.first
    incident = LlmRouter::CallRecord::Incident.model.last
    ["", "/chains", "/budgets", "/incidents", "/report", "/nothing", ("/incidents/#{incident.id}" if incident),
     ("/budgets/BudgetTable::LlmBudget/#{budget.id}" if budget)].compact
  end

  def look(*scripts)
    %w[light dark].product(widths).flat_map do |theme, width|
      paths.flat_map do |path|
        browser.visit("#{app.url}/llm#{path}", theme: theme, width: width)
        found = scripts.flat_map { |script| browser.run(script) } + browser.console.grep_v(%r{/llm/nothing .*404})
        found.map { |fault| "#{path} at #{width} px, #{theme}: #{fault}" }
      end
    end
  end

  it "has no faults without data" do
    expect(look(faults)).to be_empty
  end

  describe "with 10,000 incidents" do
    before do
      day = PlayedDay.new(model)
      day.stats(days: 8)
      day.incidents(10_000)
      day.budgets([nil, organization], charges: 60)
      in_app('LlmRouter.switch_off("meta-llama/*", for: 60, by: "ada", reason: "slow today")')
    end

    it "has no faults, and no pale words" do
      expect(look(faults, pale)).to be_empty
    end

    it "is used by keyboard: the focus is seen, and a model switched off without a mouse" do
      browser.visit("#{app.url}/llm/chains")
      expect(browser.tab).to eq("A Skip to the content")
      20.times.find { browser.tab == "SUMMARY Switch off …" }
      expect(browser.run("const { outlineStyle, outlineWidth } = getComputedStyle(document.activeElement);" \
                         "return outlineStyle + outlineWidth")).to eq("solid2px")
      browser.press(:enter)
      3.times { browser.tab }
      browser.press(:enter)
      eventually { in_app("LlmRouter.switches.map(&:pattern)").include?(Support::PRIMARY) }
      eventually { browser.run("return document.readyState + location.pathname") == "complete/llm/chains" }
    end
  end
end
