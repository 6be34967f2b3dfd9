# frozen_string_literal: true

require "llm_router/notifications"
require_relative "record_helper"

RSpec.describe "Switches" do
  after { LlmRouter::Switches.replace([]) }

  def off(pattern = "anthropic/*", **options)
    LlmRouter.switch_off(pattern, **{ for: 3600, by: "on-call", reason: "degraded" }, **options)
  end

  def rows
    RecordHelper::RECORD::SwitchRow.model.order(:id).to_a
  end

  %i[postgresql mariadb sqlite].each do |database|
    describe "on #{database}", database: database do
      before do
        record
        gateway.answer("Hi")
      end

      it "makes calls skip what a pattern covers, with a hop that says who, why and until when" do
        switch = off
        expect(switch).to have_attributes(pattern: "anthropic/*", by: "on-call", reason: "degraded",
                                          models: [Support::PRIMARY], in_force?: true)
        response = ask
        expect(response.requested_model).to eq(Support::SECONDARY)
        expect(response.hops.map { |hop| [hop.model, hop.reason, hop.attempted?] })
          .to eq([[Support::PRIMARY, :switched_off, false]])
        expect(response.hops.first.message)
          .to match(/\Aswitched off until #{Regexp.escape(switch.expires_at.utc.strftime('%F %T'))} UTC by on-call: /)
        expect(log).to include("#{Support::PRIMARY} at openrouter skipped: switched off until")
          .and include("next: #{Support::SECONDARY}")
        expect(stats.find { |row| row["model"] == Support::PRIMARY }).to include("hops_switched_off" => 1)
        expect(incidents).to eq([])
      end

      it "is ended by switch_on, and keeps who did what" do
        off
        ended = LlmRouter.switch_on("anthropic/*", by: "Ada")
        expect(ended.map(&:to_s)).to match([start_with("anthropic/*: switched on again by Ada")])
        expect(ask.hops).to eq([])
        expect(LlmRouter.switches).to eq([])
        expect(rows.map { |row| [row.pattern, row.switched_off_by, row.ended_by, row.ended_at.nil?] })
          .to eq([["anthropic/*", "on-call", "Ada", false]])
        history = RecordHelper::RECORD.switch_history
        expect(history.map { |one| [one.by, one.ended_by, one.in_force?] }).to eq([["on-call", "Ada", false]])
        expect(history.first.to_s).to include("switched on again by Ada")
      end

      it "is returned by switch_off though it is over at once, or replaced at once by another's" do
        expect(off(for: 1e-9)).to have_attributes(pattern: "anthropic/*", by: "on-call")
        patterns = %w[google/* GOOGLE/* google/* Google/*]
        switches = patterns.map { |pattern| Thread.new { off(pattern, by: pattern) } }.map(&:value)
        expect(switches.map(&:by)).to eq(patterns)
        expect(LlmRouter.switches.size).to eq(1)
      end

      it "is replaced by the one that begins last, though that one's clock is behind" do
        off(by: "first")
        behind { off(by: "second") }
        expect(LlmRouter.switches.map(&:by)).to eq(%w[second])
        expect(rows.map(&:ended_by)).to eq(["second", ""])
      end

      it "is in force once when two begin it at the same moment, the later with its clock behind" do
        begun = { "first" => Queue.new, "second" => Queue.new }
        ended = Queue.new
        allow_any_instance_of(RecordHelper::RECORD::Switchboard).to receive(:start).and_wrap_original do |start, input|
          start.call(input).tap do
            begun.fetch(input.by) << true
            input.by == "first" ? begun["second"].pop : ended.pop
          end
        end
        first = Thread.new { off(by: "first").tap { ended << true } }
        begun["first"].pop
        behind { off(by: "second") }
        first.join
        expect(LlmRouter.switches.map(&:by)).to eq(%w[second])
      end

      it "is obeyed by another process from its second read on, without a query on the way of its calls" do
        in_processes(1) do
          reads = reads_of_the_record
          queries = queries_of(Thread.current)
          raise "skipped already" if ask.hops.any?

          in_processes(1) { off }
          # The first may have begun before.
          reads.clear
          Waiting.eventually { reads.size > 1 }
          raise "not obeyed" unless ask.hops.map(&:reason) == [:switched_off]
          raise "there was #{queries.first}" if queries.any?
        end
      end

      # With a clock that is a minute behind, in this thread.
      def behind
        thread = Thread.current
        now = Time.method(:now)
        allow(Time).to(receive(:now)) { now.call - (Thread.current == thread ? 60 : 0) }
        yield
      ensure
        allow(Time).to receive(:now).and_call_original
      end

      # @return [Array] that gets one more whenever the switches are read
      def reads_of_the_record
        reads = []
        allow(RecordHelper::RECORD::Switchboard).to receive(:obey).and_wrap_original do |obey, connection|
          obey.call(connection).tap { reads << 1 }
        end
        reads
      end

      def queries_of(thread)
        queries = []
        ActiveSupport::Notifications.subscribe("sql.active_record") do |*, query|
          queries << query[:sql] if Thread.current == thread
        end
        queries
      end
    end
  end

  it "is read each second, so that every process obeys within two" do
    expect(RecordHelper::RECORD::Rounds::INTERVAL).to eq(1)
  end

  describe "on SQLite", database: :sqlite do
    before do
      record
      gateway.answer("Hi")
    end

    it "counts for the first call of a process, too" do
      await_first_read
      off
      in_processes(1) do
        # What it knows from its parent.
        LlmRouter::Switches.replace([])
        raise "not obeyed" unless ask.requested_model == Support::SECONDARY
      end
    end

    it "expires by itself, though nobody reads the table" do
      switch = LlmRouter.switch_off("anthropic/*", for: 0.3, by: "on-call")
      forget_recorder
      allow(RecordHelper::RECORD::Switchboard).to receive(:obey).and_raise(ActiveRecord::ConnectionNotEstablished)
      eventually { ask.requested_model == Support::PRIMARY }
      expect(Time.now).to be > switch.expires_at
      expect(LlmRouter::Switches.known).to eq([])
    end

    it "keeps its last known state while the database is away, and says so once" do
      off
      RecordHelper::RECORD.recorder.send(:round)
      allow(RecordHelper::RECORD::Switchboard).to receive(:obey).and_raise(ActiveRecord::ConnectionNotEstablished)
      3.times { RecordHelper::RECORD.recorder.send(:round) }
      expect(ask.requested_model).to eq(Support::SECONDARY)
      expect(log.scan("llm_switches cannot be read (ActiveRecord::ConnectionNotEstablished)").size).to eq(1)
      expect(log).to include("the 1 switches that are known stay in force")
    end

    it "is read again where another process writes, which is said to nobody" do
      off
      LlmRouter::Switches.replace([])
      recorder = RecordHelper::RECORD.recorder
      allow(recorder).to receive(:sleep)
      busy = ActiveRecord::StatementInvalid.new("SQLite3::BusyException: database is locked")
      errors = [busy]
      allow(RecordHelper::RECORD::Switchboard).to receive(:obey).and_wrap_original do |obey, connection|
        (error = errors.shift) ? raise(error) : obey.call(connection)
      end
      recorder.send(:round)
      expect(LlmRouter::Switches.known.size).to eq(1)
      expect(log).not_to include("cannot be read")
    end

    it "delays the first call by a quarter of a second at most while the database hangs" do
      hanging = Queue.new
      allow(RecordHelper::RECORD::Switchboard).to receive(:obey) { hanging.pop }
      router
      began = Process.clock_gettime(Process::CLOCK_MONOTONIC)
      2.times { ask }
      expect(Process.clock_gettime(Process::CLOCK_MONOTONIC) - began).to be < 10
      expect(ask.requested_model).to eq(Support::PRIMARY)
      hanging.close
    end

    it "is ignored, and that is said, if all of a chain is switched off" do
      events = []
      off("*")
      ActiveSupport::Notifications.subscribed(->(*, payload) { events << payload }, "switch_ignored.llm_router") do
        expect(ask).to have_attributes(requested_model: Support::PRIMARY, hops: [])
      end
      expect(log).to include("#{Support::PRIMARY} at openrouter is switched off, and called all the same: so is every")
      expect(events.map { |event| event[:"gen_ai.request.model"] }).to eq([Support::PRIMARY])
    end

    it "counts in call_all, also for what began before" do
      gateway.answer("Hi")
      seen = []
      requests = Array.new(3) { { messages: Support::MESSAGES } }
      router.call_all(requests, concurrency: 1) do |_, response|
        seen << response.requested_model
        off if seen.one?
      end
      expect(seen).to eq([Support::PRIMARY, Support::SECONDARY, Support::SECONDARY])
    end

    it "counts for an attempt after a failure, though the call began before" do
      gateway.fail(Support::PRIMARY, status: 503)
      configure(record_calls: true) { |config| config.on_hop { |hop| off("google/*") if hop.reason == :unavailable } }
      expect(ask.hops.map(&:reason)).to eq(%i[unavailable switched_off])
    end

    it "lists what is in force, and says where a pattern covers nothing" do
      off("Anthropic/*")
      typo = off("antropic/*")
      expect(typo.to_s).to end_with("(no model of a configured chain)")
      expect(log).to include("antropic/*: switched off until")
      expect(LlmRouter.switches.map(&:pattern)).to eq(["Anthropic/*", "antropic/*"])
      expect(LlmRouter.switches.first.models).to eq([Support::PRIMARY])
    end

    it "takes the place of an earlier one of the same pattern" do
      off
      LlmRouter.switch_off("anthropic/*", for: 60, by: "Ada")
      expect(LlmRouter.switches.map { |one| [one.by, (one.expires_at - one.created_at).round] }).to eq([["Ada", 60]])
      expect(rows.map(&:ended_by)).to eq(["Ada", ""])
      expect(log).not_to include("has ended")
    end

    it "is the same in any case of letters" do
      off("Anthropic/*")
      off("ANTHROPIC/*")
      expect(LlmRouter.switches.map(&:pattern)).to eq(["ANTHROPIC/*"])
      expect(LlmRouter.switch_on("anthropic/*").size).to eq(1)
      expect(LlmRouter.switches).to eq([])
    end

    it "ends beside another of the same models, which is said and holds" do
      off("*")
      off
      expect(LlmRouter.switch_on("*", by: "Ada").map(&:to_s))
        .to match([%r{\A\*: switched on again by Ada at .* UTC, but models of it stay off by anthropic/\*\z}])
      expect(ask.requested_model).to eq(Support::SECONDARY)
      expect(LlmRouter.switch_on("anthropic/*", by: "Ada").first.to_s).to end_with(" UTC")
      expect(log.lines.grep(/has ended/).size).to eq(2)
    end

    it "is written in UTF-8, without spaces at the ends of words" do
      switch = off("a/b".encode("UTF-16LE"), by: " Zo\u00e9 ".encode("ISO-8859-1"), reason: " ")
      expect(switch).to have_attributes(pattern: "a/b", by: "Zo\u00e9", reason: "")
    end

    it "names whoever is at the console if nobody is given" do
      expect(LlmRouter.switch_off("google/*", for: 60).by).to match(/\A\S+@\S+\z/)
    end

    it "belongs to its environment" do
      off
      allow(LlmRouter::Environment).to receive(:name).and_return("staging")
      expect(LlmRouter.switches).to eq([])
    end

    [["", 60, {}, /"" is no pattern: give a model/], ["a b", 60, {}, /no pattern/], ["a/[xy]", 60, {}, /no pattern/],
     [nil, 60, {}, /nil is no pattern/], ["a" * 192, 60, {}, /no pattern/], ["a/*", 0, {}, /for is 0: give seconds/],
     ["a/*", -1, {}, /for is -1/], ["a/*", "2h", {}, /for is "2h"/], ["a/*", Float::NAN, {}, /for is NaN/],
     ["a/*", 1e12, {}, /up to 31622400/], ["a/*", Complex(1, 2), {}, /for is \(1\+2i\)/],
     ["a/*", 10**400, {}, /for is 10{199}:/], ["a\u00a0b", 60, {}, /no pattern/], [/a/, 60, {}, %r{/a/ is no pattern}],
     [:a, 60, {}, /:a is no pattern/], ["a\xff", 60, {}, /no pattern/], ["a/*", 60, { by: " " }, /by is empty/],
     ["a/*", 60, { by: "" }, /by is empty/],
     ["a/*", 60, { by: "x" * 192 }, /by is "x+"?: give a String on one line, of 191/],
     ["a/*", 60, { reason: "x\ny" }, /reason is "x\\ny"/], ["a/*", 60, { reason: 7 }, /reason is 7/]]
      .each do |pattern, seconds, options, message|
      it "refuses #{[pattern.inspect[0, 9], seconds.to_s[0, 9], options.to_s[0, 30]].inspect}, and says why" do
        expect { LlmRouter.switch_off(pattern, for: seconds, **options) }.to raise_error(ArgumentError, message)
        expect(rows).to eq([])
      end
    end

    it "refuses to switch on what is not switched off, and says what is" do
      expect { LlmRouter.switch_on("google/*") }
        .to raise_error(ArgumentError, '"google/*" is not switched off: nothing is')
      off
      expect { LlmRouter.switch_on(Support::PRIMARY) }
        .to raise_error(ArgumentError, %("#{Support::PRIMARY}" is not switched off: what is off is anthropic/*))
    end

    it "has a history with a limit that is a number" do
      expect { RecordHelper::RECORD.switch_history(limit: -1) }.to raise_error(ArgumentError, /limit is -1/)
    end

    it "says which table is missing" do
      name = RecordHelper::RECORD::SwitchRow.name
      connection.rename_table(name, "elsewhere")
      expect { off }.to raise_error(LlmRouter::Database::TablesMissing,
                                    /llm_switches: no such table in the database of LlmSwitch\. Run bin/)
    ensure
      connection.rename_table("elsewhere", name)
    end

    it "is refused where no process would obey" do
      LlmRouter.configure { |config| config.record_calls = false }
      expect { off }.to raise_error(LlmRouter::ConfigurationError, /record_calls is false here/)
    end

    it "takes the times that a rake task is given" do
      input = RecordHelper::RECORD::SwitchInput
      expect(["2h", "90m", "1.5d", "30s", "7"].map { |text| input.seconds(text) }).to eq([7200, 5400, 129_600, 30, 7])
      expect { input.seconds("soon") }.to raise_error(ArgumentError, /"soon" is no time/)
      expect { input.seconds(nil) }.to raise_error(ArgumentError, /nil is no time/)
    end

    it "forgets switches that have long been over" do
      off
      LlmRouter.switch_on("anthropic/*")
      RecordHelper::RECORD::SwitchRow.model.update_all(expires_at: Time.now - (401 * 86_400))
      RecordHelper::RECORD.recorder.send(:round)
      expect(rows).to eq([])
    end

    it "lets its thread end after ten minutes without a call, and starts it with the next" do
      await_first_read
      ask
      recorder = RecordHelper::RECORD.recorder
      eventually { RecordHelper::RECORD::Stat.model.any? }
      recorder.instance_variable_set(:@last_call, -1000.0)
      eventually { !recorder.running? }
      off
      LlmRouter::Switches.replace([])
      expect(ask.requested_model).to eq(Support::SECONDARY)
      expect(recorder).to be_running
    end
  end
end
