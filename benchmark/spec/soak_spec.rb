# frozen_string_literal: true

require "fileutils"
require "open3"
require "tmpdir"
require_relative "../soak/options"
require_relative "../soak/evaluation"

RSpec.describe "bin/soak" do
  describe "its evaluation" do
    # A call that was answered by its second model, whose first was empty and cost something; one that timed out and was
    # interrupted at its second; and one in a process that was killed.
    let(:files) do
      {
        "ledger" => <<~LINES,
          request t1 first:a empty gen-1 0.002
          sent t1 first:a
          request t1 second:b answer gen-2 0.00300000000000000000000000001
          sent t1 second:b
          request t2 first:a hang gen-3 0.004
          request t2 second:b answer gen-4 0.005
          sent t2 second:b
          request t3 first:a answer gen-5 0.006
        LINES
        "one.journal" => <<~LINES,
          before 20 5
          call t1
          reserve t1 first:a
          settle t1 first:a gen-1 0.002
          hop t1 first:a bad_answer gen-1 0.002
          reserve t1 second:b
          settle t1 second:b gen-2 0.00300000000000000000000000001
          answer t1 0.5 gen-2 0.00300000000000000000000000001 -
          call t2
          reserve t2 first:a
          uncertain t2 first:a -
          hop t2 first:a timeout - -
          skipped cooling_down
          reserve t2 second:b
          uncertain t2 second:b gen-4
          interrupted t2 1.5
          interrupt thread_kill in
          fork 0
          measure 10 100000 2
          measure 100 104000 9
          left 20 5
        LINES
        "two.journal" => "call t3\nreserve t3 first:a\n",
        "run" => <<~LINES
          killed two
          restart kill
          gateway killed
          gateway started
          ended one 0
          ended two signal_9
        LINES
      }
    end

    let(:options) { Soak::Options.default }

    before { stub_const("Soak::Evaluation::Machine::WARM", 2) }

    def table
      Dir.mktmpdir do |directory|
        files.each { |name, text| File.write(File.join(directory, name), text) }
        Soak::Evaluation.new(directory, options).table
      end
    end

    # The names of the lines that fail.
    def failed
      table.to_s.lines.grep(/FAILED: ./).map { |line| line[/\S+( \S+)*/] }
    end

    def change(name, before, after)
      files[name] = files[name].sub(before, after)
      raise "nothing to change" unless files[name].include?(after)
    end

    it "finds nothing wrong in a record that is in order" do
      expect([table.ok?, failed]).to eq([true, []]), table.to_s
      expect(table.to_s).to include("0.00500000000000000000000000001").and include("0.015")
    end

    charge = "settle t1 second:b gen-2 0.00300000000000000000000000001\n"
    sums = "charged = billed for what was delivered, USD"
    answers = "answers, and their share where the gateway was there"
    charges = "charges, each once and as billed"
    uncertain = "billed, and held as uncertain"
    reservations = "reservations, and those left open by the killed"
    longest = "the longest"
    {
      "a wrong digit" => [["one.journal", charge, charge.sub("1\n", "2\n")], [sums, charges, "for answers"]],
      "a double charge" => [["one.journal", charge, charge * 2], [sums, charges, reservations]],
      "a lost charge" => [["one.journal", charge, "release t1 second:b\n"], [sums, "for answers", uncertain]],
      "a charge of nothing billed" => [["ledger", charge[-33..], "gen-2 -\n"], [sums, charges]],
      "a failed attempt that is not paid for" => [["one.journal", /^settle t1 first.*/, "release t1 first:a"],
                                                  [sums, "for failed attempts", uncertain]],
      "an uncertain attempt that was let go" => [["one.journal", "uncertain t2 first:a -", "release t2 first:a"],
                                                 [uncertain]],
      "a reservation that stays" => [["one.journal", "uncertain t2 second:b gen-4", "fork 0"],
                                     [uncertain, reservations]],
      "a call without an end" => [["one.journal", "interrupted t2 1.5", "fork 0"], ["calls", uncertain]],
      "a model that was called twice" => [["ledger", /\A/, "request t1 first:a empty gen-1 0.002\n"],
                                          ["requests, and how many of them were to fail"]],
      "a fault that was taken for another" => [["one.journal", "bad_answer", "rejected"], ["hops: rejected"]],
      "an exception that none may be" => [["one.journal", /^answer t1 0.5 .*/, "odd t1 0.5 NoMethodError"],
                                          [sums, answers, "ended as none may"]],
      "an interrupt that was lost" => [["one.journal", "thread_kill in", "thread_kill lost"],
                                       ["interrupts: thread kill; in a call"]],
      "a child that crashed" => [["one.journal", "fork 0", "fork signal_11"], ["forks"]],
      "memory that grows" => [["one.journal", "100 104000", "100 106000"],
                              ["memory of one at 10 % and at the end, MB"]],
      "a socket that is left" => [["one.journal", "left 20 5", "left 21 5"],
                                  ["file descriptors at the start and at the end"]],
      "a thread that is left" => [["one.journal", "left 20 5", "left 20 6"], ["threads at the start and at the end"]],
      "a process that crashed" => [["run", "ended one 0", "ended one 1"], ["processes that ended"]],
      "a gateway that stays away" => [["run", "gateway started\n", ""], ["restarts of the gateway: KILL"]],
      "a call whose deadline did not end it" => [["one.journal", "answer t1 0.5", "answer t1 46"], [longest]]
    }.each do |what, (change, lines)|
      it "sees #{what}" do
        change(*change)
        expect(failed).to match_array(lines), table.to_s
      end
    end

    it "does not judge the memory of a process that has not made enough calls" do
      change("one.journal", "100 104000", "100 106000")
      stub_const("Soak::Evaluation::Machine::WARM", 3)
      expect(failed).to eq([])
    end

    it "names what is left" do
      change("one.journal", "left 20 5", "left 21 6\nadded descriptors tcp_socket_0100007F:1F90\nadded threads stray")
      expect(table.to_s).to include("one had 20 and then 21: tcp socket 0100007F:1F90\n")
        .and match(/one had 5 and then 6: stray$/)
    end

    it "takes no slow call for a fault, for this machine may be busy" do
      change("one.journal", "answer t1 0.5", "answer t1 44")
      expect(failed).to eq([])
    end

    describe "where the machine stood still" do
      # A call that has no answer, though the gateway was there.
      before do
        files["ledger"] += "request t4 first:a hang gen-9 -\n"
        files["one.journal"] += <<~LINES
          call t4
          reserve t4 first:a
          uncertain t4 first:a -
          hop t4 first:a timeout - -
          failure t4 3.5 LlmRouter::DeadlineExceeded
          over t4 50.0 9
        LINES
      end

      it "does not count a call that was under way then" do
        expect(failed).to eq([answers_row = "answers, and their share where the gateway was there"])
        files["run"] += "stall 40.0 46.4\n"
        expect(failed).to eq([answers_row])
        files["run"] += "stall 49.0 49.9\n"
        expect(failed).to eq([])
      end
    end

    describe "of rows" do
      # The same calls, charged to two rows, and one that was refused, one that was there while the database was away,
      # and one whose charge was made again.
      before do
        options.budget = :postgresql
        %w[t1 t2].each { |tag| change("one.journal", "call #{tag}\n", "call #{tag} 7 8\n") }
        change("two.journal", "call t3\n", "call t3 7\n")
        files["one.journal"] += <<~LINES
          call t4 7
          refused t4 0.1
          call t5 7
          away t5 0.1 PG::ConnectionBad 101.5
          call t6 7
          reserve t6 first:a
          release t6 first:a 100.5
          hop t6 first:a connection - -
          failure t6 0.2 LlmRouter::ChainExhausted
          call t7 7
          reserve t7 first:a
          settle t7 first:a gen-7 0.001
          charge_failed t7 PG::Error 100.7
          answer t7 0.5 gen-7 0.001 -
        LINES
        files["ledger"] += "request t7 first:a answer gen-7 0.001\nsent t7 first:a\n"
        files["run"] += "database stopped 100.0\ndatabase started 101.0\n"
        files["database"] = <<~LINES
          lease 1.5
          row 7 1 0.5 0
          row 8 - 0.5 0
          recorded 6 0.01000000000000000000000000001
          incident t1
          incident t2
          incident t4
          incident t6
          charge 7 t1-f t1 first a cost 0.002
          charge 8 t1-f t1 first a cost 0.002
          charge 7 t1-s t1 second b cost 0.00300000000000000000000000001
          charge 8 t1-s t1 second b cost 0.00300000000000000000000000001
          charge 7 t2-f t2 first a estimate 0.02
          charge 8 t2-f t2 first a estimate 0.02
          charge 7 t2-s t2 second b estimate 0.02
          charge 7 t2-s - - - correction -0.015
          charge 8 t2-s t2 second b estimate 0.02
          charge 7 t3-f t3 first a estimate 0.02
          charge 7 t6-f t6 first a estimate 0.02
          charge 7 t7-f t7 first a cost 0.001
        LINES
      end

      it "puts up with connections whose opening was cut off, for the driver has lost them" do
        change("one.journal", "left 20 5", "#{"cut_off opening\n" * 3}left 23 5")
        expect(failed).to eq([])
        change("one.journal", "left 23 5", "left 24 5")
        expect(failed).to eq(["file descriptors at the start and at the end"])
      end

      # It has a connection that broke then, however late it uses that.
      it "puts up with a call that was under way while the database was away, and with none that began later" do
        change("one.journal", "away t5 0.1 PG::ConnectionBad 101.5", "away t5 9 PG::SyntaxError 109.5\nover t5 109.6 9")
        change("one.journal", "first:a 100.5", "first:a 108.5")
        files["one.journal"] += "over t6 108.6 9\n"
        change("one.journal", "failure t6 0.2", "failure t6 9")
        expect(failed).to eq([])
        change("one.journal", "away t5 9", "away t5 6")
        expect(failed).to eq(["calls refused for the database was away"])
        change("one.journal", "failure t6 9", "failure t6 2")
        expect(failed).to contain_exactly("calls refused for the database was away",
                                          "rows: attempts that only an estimate covers")
      end

      it "finds nothing wrong with rows that are in order" do
        expect([table.ok?, failed]).to eq([true, []]), table.to_s
      end

      # The call is interrupted before it is made again.
      it "takes the cost of a charge that failed for one that may be recorded" do
        change("one.journal", "answer t7 0.5 gen-7 0.001 -", "interrupted t7 0.5")
        change("database", "t7-f t7 first a cost 0.001", "t7-f t7 first a estimate 0.02")
        change("database", "recorded 6 0.01", "recorded 6 0.011")
        expect(failed).to eq([])
        change("database", "recorded 6 0.011", "recorded 6 0.0111")
        expect(failed).to eq(["record: charged, and perhaps not recorded, USD"])
      end

      # One is refused just before or after the process that is killed writes its counts.
      { 100.9 => ["record: calls, of at least", "record: incidents, of at least"], 101.1 => [] }.each do |over, lines|
        it "expects what was over at #{over} s to be recorded, if all was last written since 101 s: #{lines.any?}" do
          files["two.journal"] += "call t8 7\nrefused t8 0.1\nwritten 101 9\nwritten 200 10\nover t8 #{over} 9\n"
          change("database", "recorded 6", "recorded 3")
          expect(failed).to eq(lines)
        end
      end

      # A process has one second for it at its end.
      it "does not expect what a process had no time to write at its end, as the machine stood still" do
        files["one.journal"] += "call t8 7\nrefused t8 0.1\nwritten 101 9\nover t8 101.1 9\nunfinished 110.0 111.0 9\n"
        change("database", "recorded 6", "recorded 3")
        lines = ["record: calls, of at least", "record: incidents, of at least"]
        expect(failed).to eq(lines)
        files["run"] += "stall 105.0 109.9\n"
        expect(failed).to eq(lines)
        files["run"] += "stall 109.0 110.5\n"
        expect(failed).to eq([])
      end

      exact = "rows: attempts charged with their cost"
      estimated = "rows: attempts that only an estimate covers"
      money = "record: charged, and perhaps not recorded, USD"
      lease = "rows: the last lease ran out after, s"
      again = "charges that were made again"
      outage = "calls refused for the database was away"
      cost = "charge 7 t1-f t1 first a cost 0.002\n"
      {
        "sockets that are left" => [["one.journal", "left 20 5", "left 21 5"],
                                    ["file descriptors at the start and at the end"]],
        "a charge that is lost" => [["database", cost, ""], [exact]],
        "a charge that one of two rows lacks" => [["database", cost.sub("charge 7", "charge 8"), ""], [exact]],
        "a charge that is made twice" => [["database", cost, cost * 2], [exact, money]],
        "a wrong digit" => [["database", cost, cost.sub("0.002", "0.0021")], [exact, money]],
        "a charge of what was never billed" => [["database", cost, cost + cost.gsub("t1", "t4")], [exact, money]],
        "an estimate of what was known" => [["database", cost, cost.sub("cost", "estimate")], [estimated]],
        "an estimate that is too low" => [["database", "t3 first a estimate 0.02", "t3 first a estimate 0.005"],
                                          [estimated]],
        "a release that is lost" => [["one.journal", "first:a 100.5", "first:a 99.5"], [estimated]],
        "a reservation beyond its lease" => [["database", cost, "#{cost}reservation 7 t6-f t6 first a 0.02\n"],
                                             ["rows: reservations beyond their lease"]],
        "a lease that is too long" => [["database", "lease 1.5", "lease 60"], [lease]],
        "a cap that was exceeded" => [["database", cost, "#{cost}excess 7 0.01\n"],
                                      ["rows: spent of the shared cap, USD"]],
        "a cap that refused no call" => [["one.journal", "refused t4 0.1", "failure t4 0.1"],
                                         ["rows: calls refused for the cap"]],
        "what the audit finds" => [["database", cost, "#{cost}difference row_7_differs\n"],
                                   ["rows: differences that the audit finds"]],
        "calls that are not recorded" => [["database", "recorded 6", "recorded 2"], ["record: calls, of at least"]],
        "calls that are recorded twice" => [["database", "recorded 6", "recorded 8"], ["record: calls, of at least"]],
        "a cost that is not recorded" => [["database", "recorded 6 0.01", "recorded 6 0.009"], [money]],
        "a cost that is recorded twice" => [["database", "recorded 6 0.01", "recorded 6 0.012"], [money]],
        "an incident that is missing" => [["database", "incident t6\n", ""], ["record: incidents, of at least"]],
        "an incident that is there twice" => [["database", "incident t6\n", "incident t6\n" * 2],
                                              ["record: incidents, of at least"]],
        "a database that fails by itself" => [["one.journal", "ConnectionBad 101.5", "SyntaxError 150"], [outage]],
        "more connections that break than may" =>
          [["one.journal", "away t5 0.1 PG::ConnectionBad 101.5\n",
            (1..3).map { |n| "away t5 0.#{n} PG::ConnectionBad 150\n" }.join], ["calls", outage]],
        "a charge that fails by itself" => [["one.journal", "PG::Error 100.7", "PG::Error 50"], [again]],
        "a database that stays away" => [["run", "database started 101.0\n", ""],
                                         ["restarts of the database", again, estimated]]
      }.each do |what, (change, lines)|
        it "sees #{what}" do
          change(*change)
          expect(failed).to match_array(lines), table.to_s
        end
      end
    end
  end

  def soak(*arguments)
    Dir.mktmpdir do |directory|
      # Database servers are not root's.
      File.chmod(0o711, directory)
      program = File.expand_path("../../bin/soak", __dir__)
      Open3.capture2e({ "RUBYOPT" => nil, "TMPDIR" => directory }, program, *arguments)
    end
  end

  # Side by side, for each waits some seconds for the last thread of a resolver to end.
  it "runs for some seconds, reckons, and ends with the status that it should" do
    well, ill = [%w[6 --processes 2 --threads 4], %w[5 --processes 1 --threads 1 --faults 1]].map do |arguments|
      Thread.new { soak(*arguments) }
    end.map(&:value)
    expect(well.first).to match(/^answers.* [1-9]\d*, .* ok$/).and match(/^restarts of the gateway: KILL +2 +ok$/)
    expect(well.first).not_to include("FAILED")
    expect(ill.first).to match(/^answers.* 0, 0.00 % +FAILED/)
    expect([well, ill].map { |_, status| status.exitstatus }).to eq([0, 1])
  end

  it "charges rows of a database that is restarted meanwhile, each paid answer once" do
    output, status = soak(*%w[--budget postgresql 6 --processes 2 --threads 4])
    expect(output).to match(/^restarts of the database +1 +ok$/)
      .and match(/^rows: attempts charged with their cost +[1-9].* ok$/)
      .and match(/^rows: differences that the audit finds +0 +ok$/).and match(/^record: incidents, .* ok$/)
    expect([output.lines.grep(/FAILED/), status.exitstatus]).to eq([[], 0])
  end

  it "says what it takes" do
    output, status = soak("soon")
    expect([output, status.success?]).to match([include("usage: bin/soak [SECONDS]"), false])
  end
end
