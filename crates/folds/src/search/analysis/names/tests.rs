//! Spellings of the same name meet, spellings of different names do not.

use std::collections::{BTreeMap, BTreeSet};

use super::name_keys;

/// Spellings of one name in a line: Russian, Ukrainian, and how passports, scholars and newspapers write it in Latin letters.
const NAMES: &str = "
    Осечкин Osechkin Osiechkin Osetchkine Ossetschkin Osečkin
    Лубинец Лубінець Lubinets Lubinec Loubinets Lubinez
    Зеленский Зеленський Zelensky Zelenskyy Zelenskiy Zelenskyi Selenskyj Zelenski
    Горбачёв Горбачев Горбачов Gorbachev Gorbatschow Gorbatchev Gorbachyov Gorbačev
    Хрущёв Хрущев Khrushchev Chruschtschow Khrouchtchev Hruščev
    Ельцин Єльцин Yeltsin Jelzin Eltsine Eltsin
    Путин Путін Putin Poutine Putyn
    Навальный Навальний Navalny Navalnyy Nawalny Navalnyi
    Ющенко Yushchenko Juschtschenko Iouchtchenko Iushchenko Juščenko
    Тимошенко Tymoshenko Timoshenko Timoschenko Timochenko Tymošenko
    Шевченко Shevchenko Schewtschenko Chevtchenko Szewczenko Ševčenko
    Жириновский Жириновський Zhirinovsky Schirinowski Jirinovski Žirinovskij
    Щербань Щербан Shcherban Schtscherban Chtcherban Szczerban Ščerban
    Яковенко Yakovenko Jakowenko Iakovenko Jakovenko
    Хмельницкий Хмельницький Khmelnytskyi Chmelnizki Khmelnitsky Chmielnicki Hmelnickij
    Чайковский Чайковський Tchaikovsky Tschaikowski Chaykovskiy Tchaïkovski Čajkovskij
    Достоевский Достоєвський Dostoevsky Dostojewski Dostoyevsky Dostoïevski Dostoevskij
    Соловьёв Соловьев Solovyov Solowjow Soloviov Solovjov Solovyev
    Кузнецов Kuznetsov Kusnezow Kouznetsov Kuznecov Kuznetsoff
    Иванов Ivanov Iwanow Ivanoff Iwanoff
    Іваненко Иваненко Ivanenko Iwanenko
    Смирнов Smirnov Smirnow Smirnoff
    Кравченко Kravchenko Krawtschenko Kravtchenko Krawczenko Kravčenko
    Бондаренко Bondarenko Bondarenco
    Ткаченко Tkachenko Tkatschenko Tkatchenko Tkačenko
    Ковальчук Kovalchuk Kowaltschuk Kovaltchouk Kowalczuk Kovalčuk
    Коваленко Kovalenko Kowalenko Covalenco
    Олейник Олійник Oliynyk Olijnyk Oleinik Oliinyk
    Гриценко Hrytsenko Gritsenko Hryzenko Hrycenko Gricenko
    Григорий Григорій Hryhorii Grigoriy Grigori Hryhoriy Grigory
    Евгений Євгеній Yevgeny Evgeny Yevhenii Evgueni Jewgeni Yevgeniy
    Юлия Юлія Yuliya Yulia Julia Iuliia Julija
    Мария Марія Maria Mariya Marija Mariia
    Наталия Наталія Natalia Nataliya Nathalia Natalija
    Ксения Ксенія Kseniya Xenia Ksenia Kseniia
    Михаил Михайло Michail Mikhail Mihail Mykhailo Mikhailo Mychajlo Mykhaylo
    Сергей Сергій Serhii Sergey Sergei Serhiy Sergej
    Андрей Андрій Andrii Andrey Andrei Andriy Andrej
    Алексей Aleksey Alexei Alexey Aleksej
    Олексій Oleksii Oleksiy Oleksij
    Дмитрий Дмитрій Дмитро Dmitry Dmitriy Dmitri Dmytrii Dmitrij Dmytro Dmitro
    Николай Nikolay Nikolai Nikolaj
    Микола Mykola Mikola
    Владимир Vladimir Wladimir Vladimir
    Володимир Volodymyr Wolodymyr Volodimir
    Александр Aleksandr Alexandr Alexandre
    Олександр Oleksandr Olexandr
    Вячеслав Вʼячеслав Vyacheslav Viacheslav Wjatscheslaw Viatcheslav Vjačeslav
    Татьяна Tatyana Tatiana Tatjana
    Людмила Lyudmila Liudmyla Ludmila Ljudmila Lioudmila
    Святослав Sviatoslav Svyatoslav Swjatoslaw Svjatoslav
    Ярослав Yaroslav Jaroslaw Iaroslav Jaroslav
    Юрий Юрій Yuriy Yuri Iurii Jurij Youri Yurii
    Цеголко Tsegolko Zegolko Cegolko Tsegolco
    Дзюба Dziuba Dzyuba Dsjuba Dziouba Dzjuba
    Гайдай Haidai Gaidai Gayday Haydaj
    Хорошенко Khoroshenko Choroschenko Khorochenko Horošenko
    Щукин Щукін Shchukin Schtschukin Chtchoukine Ščukin
    Подшивалов Podshivalov Podschiwalow Podchivalov Podšivalov
    Журавлёв Журавлев Zhuravlev Schurawlew Jouravlev Žuravlev Zhuravlyov
    Цыбуля Цибуля Tsybulya Tsybulia Zybulja Cybulja
    Кучма Kuchma Kutschma Koutchma Kučma
    Порошенко Poroshenko Poroschenko Porochenko Porošenko
    Кличко Klychko Klitschko Klitchko Kličko Klychko
    Каськив Каськів Kaskiv Kaskiw Kaskiv
    Заславский Заславський Zaslavsky Saslawski Zaslavskyi Zaslavskij
    Вышинский Вишинський Vyshinsky Wyschinski Vychinski Vyshynskyi
    Рябошапка Ryaboshapka Riaboshapka Rjaboschapka Riabochapka
    Пшеничный Пшеничний Pshenychnyi Pschenitschny Pchenitchny Pshenichny
    Саратов Saratov Saratow Saratoff
    Харьков Kharkov Charkow Harkov
    Харків Kharkiv Charkiw Harkiv
    Киев Київ Kyiv Kiev Kiew Kyjiv
    Донецк Донецьк Donetsk Donezk Doneck
    Луганск Луганськ Luhansk Lugansk Louhansk
    Запорожье Zaporozhye Zaporozhe Saporoschje Zaporojie
    Запоріжжя Zaporizhzhia Zaporizhzhya Saporischschja
    Чернобыль Chernobyl Tschernobyl Tchernobyl Černobyl";

fn table() -> Vec<Vec<&'static str>> {
    NAMES.trim().lines().map(|line| line.split_whitespace().collect()).collect()
}

#[test]
fn every_spelling_of_a_name_finds_every_other() {
    let table = table();
    assert!(table.len() >= 60 && table.iter().all(|spellings| spellings.len() >= 3));
    let mut apart = Vec::new();
    for spellings in &table {
        for spelled in &spellings[1..] {
            if name_keys(spellings[0]).is_disjoint(&name_keys(spelled)) {
                apart.push(format!(
                    "{} {:?} {spelled} {:?}",
                    spellings[0],
                    name_keys(spellings[0]),
                    name_keys(spelled)
                ));
            }
        }
    }
    assert!(apart.is_empty(), "{apart:#?}");
}

#[test]
fn different_names_do_not_meet() {
    let table = table();
    let mut met = Vec::new();
    for (number, one) in table.iter().enumerate() {
        for other in &table[number + 1..] {
            // In Cyrillic letters there are no habits to be mistaken about.
            if !name_keys(one[0]).is_disjoint(&name_keys(other[0])) {
                met.push(format!("{} {}", one[0], other[0]));
            }
        }
    }
    assert!(met.is_empty(), "{met:?}");
}

#[test]
fn cases_of_a_name_meet_its_latin_spelling() {
    for (forms, latin) in [
        ("Осечкин Осечкина Осечкину Осечкиным Осечкине", "Osechkin"),
        ("Лубінець Лубінця Лубінцю Лубінцем", "Lubinets"),
        ("Зеленский Зеленского Зеленскому Зеленским", "Zelensky"),
        ("Зеленський Зеленського Зеленському Зеленським Зеленська Зеленської", "Zelenskyi"),
        ("Шевченко Шевченка Шевченкові", "Shevchenko"),
        ("Кравчук Кравчука Кравчуком", "Kravchuk"),
    ] {
        for form in forms.split(' ') {
            assert!(!name_keys(form).is_disjoint(&name_keys(latin)), "{form} {latin}");
        }
    }
}

#[test]
fn too_short_or_foreign_words_have_no_key() {
    for word in ["", "Я", "Ян", "Юл", "Li", "123", "東京", "Ёё", "’"] {
        assert_eq!(name_keys(word), BTreeSet::new(), "{word}");
    }
    assert!(name_keys(&"Щ".repeat(1000)).len() <= 6);
}

/// With the words of a spelling dictionary, where one is installed: how often does a key bring words together that differ?
#[test]
fn a_key_seldom_brings_different_names_together() {
    let Ok(dictionary) = std::fs::read_to_string("/usr/share/hunspell/uk_UA.dic") else {
        println!("skipped: no Ukrainian spelling dictionary (hunspell-uk)");
        return;
    };
    let names: Vec<&str> = dictionary
        .lines()
        .filter_map(|line| line.split('/').next())
        .filter(|word| word.starts_with(char::is_uppercase) && word.chars().skip(1).all(char::is_lowercase))
        .filter(|word| word.chars().count() >= 5)
        .collect();
    let mut by_key: BTreeMap<String, BTreeSet<&str>> = BTreeMap::new();
    for name in &names {
        for key in name_keys(name) {
            by_key.entry(key).or_default().insert(name);
        }
    }
    let alone = names
        .iter()
        .filter(|name| {
            let others: BTreeSet<&str> =
                name_keys(name).iter().flat_map(|key| by_key[key].iter().copied()).collect();
            others.len() <= 3
        })
        .count();
    let share = alone as f64 / names.len() as f64;
    println!(
        "{} names, {:.1} % of them with at most two others under their keys",
        names.len(),
        100.0 * share
    );
    assert!(names.len() < 1000 || share > 0.5, "{share}");
}
