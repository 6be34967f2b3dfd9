# frozen_string_literal: true

require "llm_router/notifications"
require_relative "budget_helper"

# What happens when a budget is nearly spent: alerts, and calls that start at the floor.
RSpec.describe "Thresholds of a budget" do
  %i[postgresql mariadb sqlite].each do |database|
    describe "on #{database}", database: database do
      let(:events) { [] }
      let(:row) { model.for(organization, feature: :draft_reply).tap { |row| row.update!(cap_usd: "10") } }

      def alerts(&)
        ActiveSupport::Notifications.subscribed(->(*, payload) { events << payload }, "budget_threshold.llm_router", &)
        events.map { |event| event[:threshold] }
      end

      it "are published once for each period, threshold and budget, by whoever crosses it" do
        configure(alert_at: [1, 0.8])
        expect(alerts { 2.times { row.charge!("3.9") } }).to eq([])
        expect(alerts { 3.times { row.charge!("0.2") } }).to eq([0.8])
        expect(events.first).to include(budget: row, scope: row.scope_in_words, spent_usd: usd("8"), share: 0.8,
                                        cap_usd: usd("10"), period: "monthly", feature: "draft_reply")
        expect(events.first[:message]).to eq("#{row.scope_in_words}: 80 % of the monthly budget are spent " \
                                             "(8.0 of 10.0 USD)")
        expect(log).to include(events.first[:message])
        expect(alerts { model.find(row.id).charge!("1.6") && row.charge!("1") }).to eq([0.8, 1.0])
      end

      it "are published both where one charge crosses both, and again in the next period" do
        configure(alert_at: [0.8, 1.0])
        travel_to(Time.utc(2026, 10, 20))
        expect(alerts { row.charge!("11") }).to eq([0.8, 1.0])
        travel_back
        travel_to(Time.utc(2026, 11, 2))
        expect(alerts { row.charge!("8.5") && row.charge!("0.1") }).to eq([0.8, 1.0, 0.8])
      end

      it "are published exactly once under concurrency" do
        configure(alert_at: [0.5, 0.8, 1.0])
        row
        connection.create_table(:crossed, force: true) { |table| table.float :threshold }
        in_processes(3) do
          ActiveSupport::Notifications.subscribe("budget_threshold.llm_router") do |*, payload|
            ActiveRecord::Base.connection.execute("INSERT INTO crossed (threshold) VALUES (#{payload[:threshold]})")
          end
          threads = Array.new(3) do
            Thread.new do
              10.times { model.find(row.id).charge!("0.12") }
              ActiveRecord::Base.connection_pool.release_connection
            end
          end
          threads.each(&:join)
        end
        expect(spent(row)).to eq(usd("10.8"))
        expect(connection.select_values("SELECT threshold FROM crossed ORDER BY threshold").map(&:to_f))
          .to eq([0.5, 0.8, 1.0])
      ensure
        connection.drop_table(:crossed, if_exists: true)
      end

      it "are published where a lease that is up is charged with its estimate, even if the reservation is refused" do
        configure(alert_at: [0.4, 0.8])
        travel_to(Time.utc(2026, 10, 20))
        row.reserve!("4", key: "first")
        travel_to(Time.utc(2026, 10, 20, 1))
        expect(alerts { row.reserve!("5", key: "second") }).to eq([0.4])
        travel_to(Time.utc(2026, 10, 20, 2))
        expect(alerts { failure_of { row.reserve!("5", key: "third") } }).to eq([0.4, 0.8])
        expect(spent(row)).to eq(usd("9"))
      end

      it "go by the cap that the row has now" do
        configure(alert_at: 0.8)
        row
        model.find(row.id).update!(cap_usd: "100")
        expect(alerts { row.charge!("9") }).to eq([])
        expect(round_trips { row.charge!("0.5") }.grep(/alerted/)).to eq([])
      end

      it "cost no query until one is crossed, and none after that" do
        configure(alert_at: [0.8])
        row.charge!("1")
        expect(round_trips { row.charge!("1") }.grep(/alerted_/)).to eq([])
        row.charge!("7")
        expect(round_trips { row.charge!("0.1") }.grep(/alerted_|\ASELECT/)).to eq([])
        fresh = model.find(row.id)
        expect(round_trips { fresh.charge!("0.1") }.grep(/alerted_/)).to eq([])
      end

      it "make calls start at the floor, with a hop for each candidate before" do
        configure(degrade_at: 0.9)
        gateway.answer("Hi", cost_usd: "0.01")
        row.charge!("8.99")
        expect(saving(row).hops).to eq([])
        row.charge!("0.01")
        response = saving(row)
        expect(response.requested_model).to eq(Support::FLOOR)
        expect(response.hops.map { |hop| [hop.model, hop.reason, hop.attempted?] })
          .to eq([[Support::PRIMARY, :saving, false], [Support::SECONDARY, :saving, false]])
        expect(response.hops.first.message)
          .to eq("not called: 90 % of the budget are spent, and from 90 % on calls start at the last candidate")
        expect(log).to include("skipped: not called: 90 % of the budget are spent")
      end

      def saving(budget, **options)
        LlmRouter.new(budget: budget).call(messages: Support::MESSAGES, max_tokens: 5, **options)
      end

      it "let a record that was loaded long ago know what others have spent, and another cap" do
        configure(degrade_at: 0.9)
        gateway.answer("Hi")
        router = LlmRouter.new(budget: row)
        expect(router.call(messages: Support::MESSAGES, max_tokens: 5).hops).to eq([])
        model.find(row.id).charge!("9.5")
        row.instance_variable_set(:@share_read, -10)
        expect(router.call(messages: Support::MESSAGES, max_tokens: 5).hops.size).to eq(2)
        model.find(row.id).update!(cap_usd: "100")
        row.instance_variable_set(:@share_read, -10)
        expect(router.call(messages: Support::MESSAGES, max_tokens: 5).hops).to eq([])
      end

      it "do no harm where another thread reads meanwhile that the cap is gone" do
        row.charge!("1")
        allow(row).to receive(:spent_usd).and_wrap_original do |spent|
          model.find(row.id).update!(cap_usd: nil)
          Thread.new { row.send(:read_share) }.join
          spent.call
        end
        expect(row.spent_share).to eq(usd("0.1"))
      end

      it "hold for call_all" do
        configure(degrade_at: 0.5)
        gateway.answer("Hi", cost_usd: "0.001")
        row.charge!("6")
        requests = Array.new(5) { { messages: Support::MESSAGES, max_tokens: 5 } }
        responses = LlmRouter.new(budget: row).call_all(requests)
        expect(responses.map(&:requested_model).uniq).to eq([Support::FLOOR])
        expect(responses.flat_map(&:hops).map(&:reason)).to eq([:saving] * 10)
        expect(model.find(row.id)[:reserved_usd]).to eq(0)
      end
    end
  end

  describe "in memory" do
    let(:nearly_spent) { Support::ChargingBudget.new.tap { |budget| def budget.spent_share = 0.95 } }

    before { gateway.answer("Hi") }

    def call(budget)
      LlmRouter.new(budget: budget).call(messages: Support::MESSAGES)
    end

    it "count for a budget of one's own that says what part is spent" do
      configure(degrade_at: 0.9)
      expect(call(nearly_spent).hops.map(&:reason)).to eq(%i[saving saving])
      expect(call(budget).hops).to eq([])
    end

    it "give way to those of the budget itself" do
      configure(degrade_at: 0.9)
      def nearly_spent.degrade_at = 0.99
      expect(call(nearly_spent).hops).to eq([])
      configure(degrade_at: nil)
      expect(call(nearly_spent).hops).to eq([])
      def nearly_spent.degrade_at = 0.95
      expect(call(nearly_spent).hops.size).to eq(2)
    end

    it "go by the nearest of several budgets" do
      configure(degrade_at: 0.9)
      full = Support::ChargingBudget.new.tap { |budget| def budget.spent_share = 0.99 }
      hops = call([budget, nearly_spent, full]).hops
      expect(hops.map(&:message)).to all(start_with("not called: 99 % of the budget are spent"))
    end

    it "are not asked for where nothing is configured" do
      configure
      def nearly_spent.spent_share = raise("must not be called")
      expect(call(nearly_spent).hops).to eq([])
    end

    it "leave a candidate after a failure its turn if the call began before them" do
      configure(degrade_at: 0.9)
      share = [0.5, 0.95]
      nearly_spent.define_singleton_method(:spent_share) { share.shift }
      gateway.fail(Support::PRIMARY, status: 503)
      expect(call(nearly_spent).hops.map(&:reason)).to eq([:unavailable])
    end

    it "leave the floor a call that finds it switched off" do
      configure(degrade_at: 0.9)
      switch = LlmRouter::Switch.new(id: 1, pattern: Support::FLOOR, reason: "", by: "me", created_at: Time.now,
                                     expires_at: Time.now + 60)
      LlmRouter::Switches.replace([switch])
      expect(call(nearly_spent)).to have_attributes(requested_model: Support::SECONDARY)
    ensure
      LlmRouter::Switches.replace([])
    end

    it "are parts of any kind, each once, in order" do
      LlmRouter.configure { |config| config.alert_at = [1, 4/5r, 0.8, BigDecimal("0.25"), 0.80001] }
      expect(LlmRouter.config.alert_at).to eq([BigDecimal("0.25"), BigDecimal("0.8"), 1])
    end

    it "count for a budget of one's own that divides by a cap of 0" do
      def nearly_spent.spent_share = 1 / 0.0
      configure(degrade_at: 0.9)
      expect(call(nearly_spent).hops.first.message).to start_with("not called: all of the budget are spent")
    end

    [[:alert_at, [0.8, 2]], [:alert_at, "80 %"], [:alert_at, [nil]], [:alert_at, 0], [:degrade_at, 1.5],
     [:degrade_at, Float::NAN], [:degrade_at, -1], [:degrade_at, "0.9"],
     [:alert_at, 0.1..0.3], [:alert_at, 1..], [:alert_at, { 0.8 => 1 }], [:alert_at, Complex(0.5, 1)],
     [:alert_at, [Float::INFINITY]], [:degrade_at, false], [:degrade_at, Complex(0.5, 1)]].each do |name, value|
      it "are refused: #{name} = #{value.inspect}" do
        expect { LlmRouter.configure { |config| config.public_send(:"#{name}=", value) } }
          .to raise_error(LlmRouter::ConfigurationError, /#{name} is .*: give a part of the cap, a number above 0/)
      end
    end
  end
end

# What docs/budgets.md does with an alert.
RSpec.describe "The alerts of docs/budgets.md", database: :sqlite do
  snippets = Support::Documents.snippets("docs/budgets.md").select { |one| one.code.include?("subscribe(\"budget_thr") }

  it "are three" do
    expect(snippets.map { |snippet| snippet.code.lines.first.strip })
      .to eq(["# A mail", "# Slack", "# PagerDuty, when all of a cap is spent"])
  end

  def posted
    sent = []
    allow(Net::HTTP).to receive(:post) { |uri, body, *| sent << [uri.to_s, JSON.parse(body)] }
    sent
  end

  def mailed
    sent = []
    mailer = Struct.new(:sent) do
      def with(text:) = tap { sent << text }
      def budget = self
      def deliver_later = self
    end
    stub_const("AlertMailer", mailer.new(sent))
    sent
  end

  it "arrive" do
    require "net/http"
    stub_const("ENV", ENV.to_h.merge("SLACK_WEBHOOK_URL" => "https://slack.test/hook", "PAGERDUTY_KEY" => "key"))
    configure(alert_at: [0.8, 1.0])
    posts = posted
    mails = mailed
    listeners = snippets.map { |snippet| eval(snippet.code, binding, snippet.file, snippet.line) } # rubocop:disable Security/Eval
    row = model.for(nil).tap { |one| one.update!(cap_usd: "10") }
    %w[8 2].each { |usd| row.charge!(usd) }
    expect(mails).to match([/app production: 80 % of the monthly budget are spent/, /100 % /])
    expect(posts.map(&:first)).to eq(%w[https://slack.test/hook https://slack.test/hook https://events.pagerduty.com/v2/enqueue])
    expect(posts.last.last).to include("routing_key" => "key", "event_action" => "trigger")
    expect(log).not_to include("a listener raised")
  ensure
    listeners&.each { |listener| ActiveSupport::Notifications.unsubscribe(listener) }
  end
end
